"""Approximate cosets: are neurons single waves that are active on one arc, and how many frequencies are there?"""

from mechgrok.analysis import Analysis, Claim, Difference, Number, Panel, Study, Trial

ROWS = "--task.p 31 --split.unordered --optimizer.lr 0.003 --optimizer.weight_decay 2"
STEPS = "--training.steps 1000 --training.evaluate_every 10 --checkpoints.every 25 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {ROWS} {STEPS}"
TRANSFORMER = "--model.d_model 64 --model.d_mlp 128"
PERCEPTRON = '--task.layout "a b" --model.kind mlp --model.hidden_layers 1 --model.width 128 --model.no-biases --model.dropout 0'

COSETS, TEST = "approximate-cosets", ("loss", "accuracy_test")
NETWORKS = {"transformer": TRANSFORMER, "MLP": PERCEPTRON}
MOST = 9.91
"""Twice the logarithm of 31 to base 2; there are 15 frequencies."""

ANALYSIS = Analysis(
    name="mccracken2025",
    title="A universal algorithm of addition: approximate cosets",
    source="McCracken, Moisescu-Pareja, Letourneau, Precup, Love 2025, arXiv 2505.18266",
    text=(
        "Perceptrons and transformers are said to add by one algorithm, an approximate Chinese remainder theorem: each neuron is a wave of "
        "each operand, active on an arc of the circle of its frequency (an approximate coset), and about log n frequencies are enough."
    ),
    panels=(
        Panel(
            title="Is each neuron a simple one?",
            text="One wave of a and one of b, and active on one arc.",
            measures=("approximate-cosets", "neuron-frequencies", "phase-alignment"),
        ),
        Panel(
            title="How many frequencies are there?",
            text="The bound of the paper is for a margin with probability .95.",
            measures=("key-frequencies", "neuron-logit-spectrum", "loss"),
        ),
    ),
    study=Study(
        text=(
            "Modulo 31 with 80 % of the table, a transformer of one layer, width 64 and 128 neurons, and a perceptron of 128 ReLUs on "
            "one-hot tokens, rate .003 and decay 2, 1000 steps. The paper has networks of one to four layers and larger n. Its abstract "
            "was read; that a simple neuron is one with 85 % of its variance in two waves, and the constants of the bound, are those of "
            "the measure."
        ),
        trials=tuple(Trial(name, "", f"{COMMON} {flags} --split.fraction 0.8") for name, flags in NETWORKS.items()),
        seeds=(0,),
        claims=(
            *(
                Claim(
                    f"The network groks: {name}",
                    "a condition of the experiment",
                    Number(name, *TEST),
                    Number(name, *TEST, at="first"),
                    low=0.95,
                )
                for name in NETWORKS
            ),
            *(
                Claim(
                    f"{text}: {name}",
                    source,
                    Number(name, COSETS, key),
                    Number(name, COSETS, key, at="first"),
                    low,
                    high,
                )
                for name in NETWORKS
                for text, source, key, low, high in (
                    (
                        "Most neurons are simple",
                        "abstract: all networks implement one algorithm; 'most' is above one half",
                        "share",
                        0.5,
                        1.01,
                    ),
                    (
                        "Neurons are active on one arc",
                        "abstract: exclusively on approximate cosets; here 95 % of the lines",
                        "one_arc",
                        0.95,
                        1.01,
                    ),
                    ("There are O(log n) frequencies", "abstract; here at most 2 log2 n = 9.9 of 15", "frequencies", 0.5, MOST),
                )
            ),
            *(
                Claim(
                    f"There are more frequencies than the bound asks for: {name}",
                    "bound of the paper, with the constants of the measure",
                    Difference(Number(name, COSETS, "frequencies"), Number(name, COSETS, "bound")),
                    Difference(Number(name, COSETS, "frequencies", at="first"), Number(name, COSETS, "bound")),
                    low=0.0,
                )
                for name in NETWORKS
            ),
        ),
    ),
)
