"""ILDR: do the answers separate in the last hidden state before a network generalises?"""

from mechgrok.analysis import Analysis, Claim, Difference, Number, Panel, Ratio, Study, Trial

ROWS = "--task.p 31 --split.unordered --optimizer.lr 0.003 --optimizer.weight_decay 2"
STEPS = "--training.steps 1000 --training.evaluate_every 10 --checkpoints.every 25 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {ROWS} {STEPS}"
TRANSFORMER = "--model.d_model 64 --model.d_mlp 128"
PERCEPTRON = '--task.layout "a b" --model.kind mlp --model.hidden_layers 1 --model.width 128 --model.no-biases --model.dropout 0'

ALARM, MEMORISED, GENERALISED = ("class-separation", "alarm"), ("grok-times", "memorised"), ("grok-times", "generalised")
RATIO, TEST = ("class-separation", "ratio"), ("loss", "accuracy_test")
GROKS, NEVER_GROKS, MLP = "transformer", "transformer, 30 %", "MLP"
RISES = {name: Ratio(Number(name, *RATIO), Number(name, *RATIO, at="first")) for name in (GROKS, NEVER_GROKS, MLP)}
EVENTS = (GENERALISED, MEMORISED)

ANALYSIS = Analysis(
    name="ildr2026",
    title="Separation of the answers as an early sign",
    source="ILDR: Geometric Early Detection of Grokking 2026, arXiv 2604.20923",
    text=(
        "The squared distance between the centres of two answers over that within an answer, in the last hidden state of test rows, is "
        "said to be 2.5 times its early value hundreds of steps before a network generalises."
    ),
    panels=(
        Panel(
            title="Do answers separate before the test accuracy rises?",
            text="The alarm is the first checkpoint with 2.5 times the early ratio.",
            measures=("class-separation", "grok-times", "loss"),
        ),
        Panel(
            title="Does the state become simpler?",
            text="Its entropy, and the number of directions that it has.",
            measures=("state-entropy", "activation-rank"),
        ),
    ),
    study=Study(
        text=(
            "Modulo 31 with 80 % of the table, a transformer of one layer, width 64 and 128 neurons, and a perceptron of 128 ReLUs on "
            "one-hot tokens, rate .003 and decay 2, 1000 steps, a checkpoint every 25. The abstract alone was read: its leads are those of "
            "eight seeds at another scale, and its early value is unknown; here it is the median of the first three checkpoints (steps 0 "
            "to 50)."
        ),
        trials=(
            Trial(GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.8"),
            Trial(NEVER_GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.3"),
            Trial(MLP, "", f"{COMMON} {PERCEPTRON} --split.fraction 0.8"),
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
                "The alarm comes before the network generalises",
                "abstract: 950 ± 250 steps before; the control is the step at which the train rows are right",
                *(Difference(Number(GROKS, *time), Number(GROKS, *ALARM)) for time in EVENTS),
                low=0.0,
            ),
            Claim(
                "The lead is 9 to 73 % of the budget (here 90 to 730 of 1000 steps)",
                "abstract: 9 to 73 % of the training budget",
                *(Difference(Number(GROKS, *time), Number(GROKS, *ALARM)) for time in EVENTS),
                low=90.0,
                high=730.0,
            ),
            Claim(
                "At the end the ratio is 2.5 times its first value, in a run that memorises alone it is not",
                "abstract: the threshold; the control follows from its use as an alarm",
                RISES[GROKS],
                RISES[NEVER_GROKS],
                low=2.5,
            ),
            Claim(
                "So it is in a perceptron that generalises",
                "not in the abstract: another architecture",
                RISES[MLP],
                RISES[NEVER_GROKS],
                low=2.5,
            ),
        ),
    ),
)
