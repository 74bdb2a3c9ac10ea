"""Every measure of the catalogue, by family."""

from mechgrok.analysis import Analysis, Panel

ANALYSIS = Analysis(
    name="everything",
    title="Every measure",
    source="the sources of each measure are on its page; first of all Nanda et al. 2023, arXiv 2301.05217",
    text=(
        "All measures of the catalogue, by family. The default analysis has those that a reader needs first; this one takes "
        "several times as long, and its page is a work of reference."
    ),
    panels=(
        Panel(
            title="Has it grokked, and when?",
            text="Curves, times and rows: what a user sees of a run without opening the network.",
            measures=(
                "delay-area",
                "grok-times",
                "label-probability",
                "label-statistics",
                "loss",
                "margin",
                "offset-errors",
                "phase-boundaries",
                "post-grok-stability",
                "slingshots",
                "task-loss",
            ),
        ),
        Panel(
            title="Which frequencies, in the weights?",
            text="Spectra and geometry of embedding and unembedding, and the frequencies that the split favours.",
            measures=(
                "circularity",
                "embedding-spectrum",
                "embedding-symmetry",
                "fourier-density",
                "gini",
                "head-circuits",
                "key-frequencies",
                "neuron-logit-spectrum",
                "representation-quality",
                "spectral-concentration",
                "split-compatibility",
                "token-groups",
                "token-map",
            ),
        ),
        Panel(
            title="What do neurons and attention do?",
            text="What single neurons, heads and hidden states respond to, and how they are distributed.",
            measures=(
                "activation-map",
                "attention-fit",
                "class-separation",
                "commutativity",
                "inverse-participation",
                "ipr-pruning",
                "neuron-frequencies",
                "neuron-logit-components",
                "readout-fit",
                "spectrum-2d",
                "state-entropy",
                "trig-share",
            ),
        ),
        Panel(
            title="What are the logits made of?",
            text="How much of the logits a few waves explain, and what follows from that for the accuracy.",
            measures=(
                "equivariance",
                "fourier-families",
                "logit-cosines",
                "logit-fve",
                "logit-profile",
                "loss-decomposition",
            ),
        ),
        Panel(
            title="Does it need what it was found to use?",
            text="Losses after a part is taken away or kept alone, beside controls.",
            measures=(
                "attention-ablation",
                "component-ablation",
                "excluded-loss",
                "frequency-ablation",
                "linear-attention-loss",
                "neuron-replacement",
                "projection-loss",
                "restricted-loss",
            ),
        ),
        Panel(
            title="Clock or pizza?",
            text="Which of the two ways to add angles it uses.",
            measures=(
                "clock-pizza",
                "distance-irrelevance",
                "gradient-symmetricity",
            ),
        ),
        Panel(
            title="Groups beyond Z_p",
            text="Representations and cosets of a finite group.",
            measures=(
                "character-cosines",
                "coset-concentration",
                "irrep-restricted-loss",
                "irrep-shares",
            ),
        ),
        Panel(
            title="Corrupted labels: followed, found, removed?",
            text="Rows with corrupted labels: losses, detection, removal.",
            measures=(
                "anomaly-controls",
                "anomaly-removal",
                "anomaly-scores",
                "corrupted-loss",
                "trigger-metrics",
            ),
        ),
        Panel(
            title="Internalised from definitions?",
            text="Other names of integers, learnt from definitions.",
            measures=(
                "alias-accuracy",
                "alias-alignment",
                "alias-phases",
                "gradient-alignment",
                "gradient-patching",
                "internalisation",
            ),
        ),
        Panel(
            title="Weights, landscape, numbers",
            text="Norms, ranks, gradients, the loss around the weights, and numerical problems.",
            measures=(
                "activation-rank",
                "gradient-norms",
                "learning-coefficient",
                "numerical-health",
                "parameter-norms",
                "ranks",
                "sharpness",
                "trajectory-pca",
                "weight-histogram",
                "weight-image",
                "weight-norms",
            ),
        ),
    ),
)
