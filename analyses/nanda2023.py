"""Progress measures for grokking via mechanistic interpretability."""

from mechgrok.analysis import Analysis, Panel

ANALYSIS = Analysis(
    name="nanda2023",
    title="Progress measures for grokking via mechanistic interpretability",
    source="Nanda, Chan, Lieberum, Smith, Steinhardt 2023, arXiv 2301.05217",
    text=(
        "The paper's one-layer transformer adds modulo p by rotations: it writes a and b as cosines and sines of a few key frequencies, "
        "multiplies them into those of a + b, and reads off c by cos w(a + b - c). The panels ask of this network, whichever it is, "
        "whether it does so, from the loss to the weights."
    ),
    panels=(
        Panel(
            title="Has it grokked?",
            text=(
                "Train loss falls early, test loss long after it, when the train loss has nothing more to tell. The times say when, the "
                "phases what happened in between."
            ),
            measures=("loss", "grok-times", "phase-boundaries", "post-grok-stability"),
        ),
        Panel(
            title="Which frequencies does it use?",
            text=(
                "A network that generalises spends its embedding and its neuron-logit map on a few frequencies, the same in both. "
                "The Gini coefficient says in one number how few."
            ),
            measures=("key-frequencies", "embedding-spectrum", "neuron-logit-spectrum", "gini", "fourier-density", "circularity"),
        ),
        Panel(
            title="What does it compute?",
            text=(
                "Logits that are sums of cos w_k(a + b - c) over the key frequencies, from neurons that each work at one of them and read "
                "what attention brings. Networks may add the angles in two ways, as a clock or as a pizza."
            ),
            measures=(
                "logit-cosines",
                "equivariance",
                "clock-pizza",
                "spectrum-2d",
                "neuron-frequencies",
                "readout-fit",
                "attention-fit",
                "activation-map",
                "activation-map(site=neurons)",
            ),
        ),
        Panel(
            title="Progress measures",
            text=(
                "Restricted loss keeps the key frequencies alone and falls before the test loss does; excluded loss takes them away "
                "and rises while the network still memorises. Between them they show the circuit forming before the test loss does."
            ),
            measures=("restricted-loss", "excluded-loss"),
        ),
        Panel(
            title="Does it need what it was found to use?",
            text=(
                "Each claim about a part is tested by taking the part away, or by keeping it alone. Random frequencies, as many, say what "
                "any such intervention does."
            ),
            measures=("frequency-ablation", "component-ablation", "projection-loss", "neuron-replacement", "linear-attention-loss"),
        ),
        Panel(
            title="What happens to the weights?",
            text=(
                "Weight decay cleans up: the sum of squares falls fastest once the circuit carries the task and memorisation is no "
                "longer needed."
            ),
            measures=("weight-norms", "ranks", "trajectory-pca", "numerical-health"),
        ),
    ),
)
