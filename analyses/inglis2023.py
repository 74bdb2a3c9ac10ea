"""Inglis' grokking-experiments: the boxes of its list, and whether softmax1 cleans spectra and initial weights cause spikes."""

from mechgrok.analysis import Analysis, Claim, Number, Paired, Panel, Study, Trial

ROWS = "--task.p 31 --split.fraction 0.7"
NETWORK = "--model.d_model 64 --model.d_mlp 256"
OPTIMISER = "--optimizer.lr 3e-3 --optimizer.weight_decay 3"
STEPS = "--training.steps 1200 --training.evaluate_every 10 --checkpoints.every 400 --checkpoints.log_spaced 0"
COMMON = f"train inglis2023 --seed {{seed}} {ROWS} {NETWORK} {OPTIMISER} {STEPS}"
VARIANTS = {
    "softmax": "",
    "softmax1": "--model.softmax softmax1",
    "float32": "--training.loss_dtype float32",
    "unscaled": "--model.init devon2024",
    "unscaled float32": "--model.init devon2024 --training.loss_dtype float32",
}
"""The repository's network, and one or two changes of it. devon2024 draws embedding, positions and unembedding with deviation 1."""

BOXES = (
    ("Loss and accuracy: all test rows are right", "loss", "accuracy_test", 0.99, 1.01),
    ("Waves of one frequency explain its neurons", "neuron-frequencies", "mean_fve", 0.85, 1.0),
    ("W_L of a neuron has the neuron's frequency", "neuron-logit-components", "own", 0.85, 1.0),
    ("Without the key frequencies the loss is above chance", "frequency-ablation", "effect_all_keys", 3.43, 100.0),
    ("Excluded loss of the train rows is above chance", "excluded-loss", "train", 3.43, 100.0),
    ("Restricted loss of the test rows is small", "restricted-loss", "test", 0.0, 0.01),
    ("W_E is sparse: Gini coefficient", "gini", "W_E_norms", 0.4, 1.0),
    ("W_L is sparse: Gini coefficient", "gini", "W_L_norms", 0.4, 1.0),
    ("Decay shrinks the sum of squared weights", "weight-norms", "total", 0.0, 400.0),
)
"""Each box of the list as a statement about the repository's network: measure, key and bounds. Chance is log 31 = 3.43 nats."""
SPIKES = {name: Number(name, "slingshots", "spikes") for name in VARIANTS}
NOTE = "its README: spikes vanished by the scale of the initial weights, not by float64 alone"
CLEANER = (
    ("Gini coefficient of W_E", "gini", "W_E_norms"),
    ("Gini coefficient of W_L", "gini", "W_L_norms"),
    ("share of key frequencies in W_E", "embedding-spectrum", "share_key"),
    ("mean share of a neuron that one frequency explains", "neuron-frequencies", "mean_fve"),
    ("logits explained by cosines", "logit-cosines", "explained"),
)

ANALYSIS = Analysis(
    name="inglis2023",
    title="A repetition of Nanda et al., with softmax1",
    source="RoganInglis/grokking-experiments 2023, after Nanda et al. 2023, arXiv 2301.05217; softmax1 after E. Miller 2023",
    text=(
        "The repository repeats the mainline of Nanda et al. and lists what it leaves to do: figures and progress measures of the paper. "
        "It adds two findings without numbers: cleaner Fourier components with softmax1, and no loss spikes once embedding, positions and "
        "unembedding start smaller."
    ),
    panels=(
        Panel(
            title="Has it grokked, and does the loss have spikes?",
            text="Spikes of the train loss after it was low; a float32 loss cannot be below 1e-7.",
            measures=("loss", "grok-times", "slingshots"),
        ),
        Panel(
            title="How clean are the spectra?",
            text="Embedding and unembedding on few frequencies; its own figures use p + 1 tokens, which moves frequencies by one place.",
            measures=(
                "embedding-spectrum",
                "neuron-logit-spectrum",
                "gini",
                "activation-map",
                "activation-map(site=neurons)",
                "spectrum-2d",
            ),
        ),
        Panel(
            title="The boxes of its list",
            text="Neurons, maps to the logits, ablations and progress measures, as in the paper.",
            measures=(
                "neuron-frequencies",
                "neuron-logit-components",
                "frequency-ablation",
                "excluded-loss",
                "restricted-loss",
                "logit-cosines",
                "weight-norms",
            ),
        ),
    ),
    study=Study(
        text=(
            "p = 31 instead of 113 with 70 % of the table, width 64 and 256 neurons instead of 128 and 512, rate .003 and decay 3 instead "
            "of .001 and 1, 1200 steps instead of 50 000. The softmax1 is the intended one, with weights whose sum is below 1; those of "
            "the repository are above 1. Unscaled weights are torch's: nn.Embedding's of deviation 1 for embedding, positions and "
            "unembedding, and those of its layers for the other matrices."
        ),
        trials=tuple(Trial(name, "", f"{COMMON} {flags}".strip()) for name, flags in VARIANTS.items()),
        seeds=(0, 1),
        claims=(
            *(
                Claim(
                    text, "its list of open boxes", Number("softmax", measure, key), Number("softmax", measure, key, at="first"), low, high
                )
                for text, measure, key, low, high in BOXES
            ),
            Claim("Unscaled initial weights and a float32 loss give spikes", NOTE, SPIKES["unscaled float32"], SPIKES["softmax"], low=0.5),
            Claim("So does a float64 loss with them", NOTE, SPIKES["unscaled"], SPIKES["softmax"], low=0.5),
            Claim("Scaled initial weights and a float32 loss give none", NOTE, SPIKES["float32"], SPIKES["unscaled float32"], high=0.5),
        ),
        paired=(
            *(Paired(f"softmax1 - softmax: {text}", *(Number(name, *of) for name in ("softmax1", "softmax"))) for text, *of in CLEANER),
            Paired("unscaled - scaled weights, float32: spikes", SPIKES["unscaled float32"], SPIKES["float32"]),
            Paired("float32 - float64, unscaled weights: spikes", SPIKES["unscaled float32"], SPIKES["unscaled"]),
        ),
    ),
)
