"""Grokking on small tables: share of the table, weight decay, operations, the group S5."""

from mechgrok.analysis import Analysis, Claim, Number, Pace, Panel, Share, Study, Threshold, Trial

NETWORK = "--model.layers 1 --model.d_model 64 --model.d_mlp 256 --optimizer.lr 3e-3"
STEPS = "--training.steps 3000 --training.evaluate_every 20 --training.stop.accuracy 0.99"
KEPT = "--checkpoints.every 0 --checkpoints.log_spaced 0"
COMMON = f"train power2022 --seed {{seed}} {NETWORK} {STEPS} {KEPT}"
MODULAR = f"{COMMON} --task.p 47"
NO_DECAY = "--optimizer.weight_decay 0"
S5 = f'{COMMON} --task.kind group --task.layout "openai equation"'
"""The group S5 in the same vocabulary."""
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
ACCURACY = ("loss", "accuracy_test")

SINGLE = {
    "x / y, 60 %": f"{MODULAR} --split.fraction 0.6",
    "x / y, 80 %": f"{MODULAR} --split.fraction 0.8",
    "x / y, 80 %, no decay": f"{MODULAR} --split.fraction 0.8 {NO_DECAY}",
    "x + y": f"{MODULAR} --task.operation add --split.fraction 0.7",
    "x - y": f"{MODULAR} --task.operation subtract --split.fraction 0.7",
    "x^2 + xy + y^2": f"{MODULAR} --task.operation a^2+ab+b^2 --split.fraction 0.9",
    "x^2 + xy + y^2 + x": f"{MODULAR} --task.operation a^2+ab+b^2+a --split.fraction 0.9",
    "x^3 + xy^2 + y": f"{MODULAR} --task.operation a^3+ab^2+b --split.fraction 0.95",
    "S5, 70 %": f"{S5} --split.fraction 0.7",
    "S5, 20 %": f"{S5} --split.fraction 0.2",
}
INTERVENTIONS = {
    "no decay": NO_DECAY,
    "decay 1": "--optimizer.weight_decay 1",
    "dropout": f"{NO_DECAY} --model.mlp_dropout 0.1",
    "weight noise": f"{NO_DECAY} --training.weight_noise 0.01",
}

ANALYSIS = Analysis(
    name="power2022",
    title="Grokking: generalization beyond overfitting on small algorithmic datasets",
    source="Power, Burda, Edwards, Babuschkin, Misra 2022, arXiv 2201.02177",
    text=(
        "A network that is trained on a part of the table of a binary operation may answer the other part long after it has memorised the "
        "first. How long depends on the share of the table, on the operation, and most of all on weight decay."
    ),
    panels=(
        Panel(
            title="When does it generalise?",
            text="Train accuracy is 1 early; the test accuracy follows later, the later the smaller the share.",
            measures=("loss", "grok-times"),
        ),
        Panel(
            title="Does it stay there?",
            text="The paper ends at the first time that the test accuracy is .99.",
            measures=("post-grok-stability",),
        ),
        Panel(
            title="Does the embedding show the operation?",
            text="The paper draws the unembedding of modular addition and of S5 by t-SNE: circles, and cosets of a subgroup.",
            measures=("key-frequencies", "embedding-spectrum", "irrep-shares"),
        ),
    ),
    study=Study(
        text=(
            "Tables modulo 47 instead of 97, one block of width 64 instead of two of width 128, a rate of .003 instead of .001, 3000 steps "
            "instead of 100 000 or more; whole equations, batches of at most 512 rows and AdamW with weight decay 1 are the paper's. The "
            "paper compares interventions on S5, here they are compared on x / y. Bounds follow the statements: sooner is a ratio below 1, "
            "more than halving is a ratio below .5, long after is ten times later (figure 1: a thousand times), learnt is a test accuracy "
            "above .99, and not learnt one below .1."
        ),
        trials=tuple(Trial(name, "", command) for name, command in SINGLE.items()),
        seeds=(0,),
        claims=(
            Claim(
                "Test rows are right long after train rows",
                "figure 1, x / y at 50 %: train rows by step 1 000, test rows by step 1 000 000",
                Number("x / y, 60 %", "grok-times", "ratio"),
                Number("x / y, 80 %", "grok-times", "ratio"),
                low=10.0,
            ),
            Claim(
                "More of the table takes fewer steps",
                "figure 1 and section 3.1.1",
                Pace("x / y, 80 %", than="x / y, 60 %"),
                Pace("x / y, 80 %, no decay", than="x / y, 80 %"),
                high=1.0,
            ),
            Claim(
                "Weight decay takes fewer steps than none",
                "section 3.3",
                Pace("x / y, 80 %", than="x / y, 80 %, no decay"),
                Pace("x / y, 60 %", than="x / y, 80 %"),
                high=1.0,
            ),
            Claim(
                "Weight decay more than halves the share that is needed, dropout does not",
                "section 3.3: more than halving, compared to most other interventions",
                Share("x / y.decay 1", than="x / y.no decay"),
                Share("x / y.dropout", than="x / y.no decay"),
                high=0.5,
            ),
            Claim(
                "Noise on the weights needs less of the table than none",
                "section 3.3: some noise is beneficial",
                Share("x / y.weight noise", than="x / y.no decay"),
                Share("x / y.no decay", than="x / y.decay 1"),
                high=0.9999,
            ),
            Claim(
                "A symmetric operation takes fewer steps than one that is not",
                "section 3.2: operations that are symmetric in x and y need less data",
                Pace("x + y", than="x - y"),
                Pace("x - y", than="x + y"),
                high=1.0,
            ),
            Claim(
                "x² + xy + y² takes fewer steps than with + x",
                "section 3.2: the same for these two",
                Pace("x^2 + xy + y^2", than="x^2 + xy + y^2 + x"),
                Pace("x^2 + xy + y^2 + x", than="x^2 + xy + y^2"),
                high=1.0,
            ),
            Claim(
                "x³ + xy² + y is not learnt from 95 % of the table",
                "section 3.2: at no share up to 95 %",
                Number("x^3 + xy^2 + y", *ACCURACY),
                Number("x + y", *ACCURACY),
                high=0.1,
            ),
            Claim(
                "The product in S5 is learnt",
                "section 3.3, figure 2: within 100 000 steps",
                Number("S5, 70 %", *ACCURACY),
                Number("S5, 20 %", *ACCURACY),
                low=0.99,
            ),
        ),
        thresholds=tuple(
            Threshold("x / y", name, f"{MODULAR} --split.fraction {{share}} {flags}", SHARES) for name, flags in INTERVENTIONS.items()
        ),
    ),
)
