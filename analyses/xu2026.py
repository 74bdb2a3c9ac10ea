"""The commutator defect: do gradient steps stop commuting before a network generalises?"""

from mechgrok.analysis import Analysis, Claim, Difference, Number, Panel, Study, Trial

ROWS = "--task.p 31 --split.unordered --optimizer.lr 0.003 --optimizer.weight_decay 2"
STEPS = "--training.steps 1000 --training.evaluate_every 10 --checkpoints.every 25 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {ROWS} {STEPS}"
TRANSFORMER = "--model.d_model 64 --model.d_mlp 128"

ONSET, MEMORISED, GENERALISED = ("commutator-defect", "onset"), ("grok-times", "memorised"), ("grok-times", "generalised")
TEST = ("loss", "accuracy_test")
GROKS, NEVER_GROKS = "transformer", "transformer, 30 %"
DEFECT, OUTSIDE, RANDOM = (("commutator-defect", key) for key in ("defect", "outside", "random"))
ABSTRACT = "abstract of arXiv 2602.16746, first version"

ANALYSIS = Analysis(
    name="xu2026",
    title="The commutator defect as an early sign",
    source="Xu 2026, arXiv 2602.16746 and arXiv 2602.16967",
    text=(
        "Two gradient steps on two batches end elsewhere if their order is changed, by an amount that the curvature of the loss gives. The "
        "papers report that this defect rises hundreds of steps before a network generalises, also, though less, in networks that never do."
    ),
    panels=(
        Panel(
            title="Does the defect rise before the test accuracy?",
            text="Its onset is the first value above 20 and above ten times the early one.",
            measures=("commutator-defect", "grok-times", "loss"),
        ),
        Panel(
            title="Do the weights move in few directions?",
            text="Principal components of the weights over training, and the norm of the gradient.",
            measures=("trajectory-pca", "gradient-norms", "weight-norms"),
        ),
    ),
    study=Study(
        text=(
            "Modulo 31 with 80 % of the table, a transformer of one layer, width 64 and 128 neurons, rate .003 and decay 2, 1000 steps, a "
            "checkpoint every 25. The papers have six operations modulo 97, SCAN and Dyck, rates down to 1e-4 and runs without decay as "
            "controls; the control here has 30 % of the table. The abstracts were read, the rule of the onset is that of the list of "
            "measures, number and size of the batches are those of the measure."
        ),
        trials=(
            Trial(GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.8"),
            Trial(NEVER_GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.3"),
        ),
        seeds=(0,),
        claims=(
            Claim(
                "The network groks from 80 % of the table, not from 30 %",
                "a condition of the experiment",
                Number(GROKS, *TEST),
                Number(NEVER_GROKS, *TEST),
                low=0.95,
            ),
            Claim(
                "The defect rises before the network generalises",
                f"{ABSTRACT}: 600 to 1600 steps before, at rate .001; the control is the step at which the train rows are right",
                *(Difference(Number(GROKS, *time), Number(GROKS, *ONSET)) for time in (GENERALISED, MEMORISED)),
                low=0.0,
            ),
            Claim(
                "An onset tells runs that generalise from others",
                f"{ABSTRACT}: it does not, others rise by 30 to 50 times; necessary, not sufficient",
                Number(GROKS, *ONSET),
                Number(NEVER_GROKS, *ONSET),
                high=1000.0,
            ),
            Claim(
                "At the end its defect is ten times what the rule of the onset asks for (200), that of a run that memorises alone is not",
                f"{ABSTRACT}: 10 to 1000 times that of controls",
                Number(GROKS, *DEFECT),
                Number(NEVER_GROKS, *DEFECT),
                low=200.0,
            ),
            Claim(
                "The differences lie outside the ten first principal components of the trajectory",
                f"{ABSTRACT}: predominantly orthogonal; the control is a random vector",
                Number(GROKS, *OUTSIDE),
                Number(GROKS, *RANDOM),
                low=0.9,
            ),
        ),
    ),
)
