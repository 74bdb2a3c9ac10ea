"""Several tasks learnt at once: which grok together, at what price, and what their embedding is good for afterwards."""

from mechgrok.analysis import NEVER, Analysis, Claim, Number, Pace, Panel, Study, Trial, grid

NETWORK = "--model.d_model 64 --model.d_mlp 256"
OPTIMISER = "--optimizer.lr 3e-3 --optimizer.weight_decay 2"
COMMON = f"furuta2024 --task.p 37 --split.seed {{seed}} {NETWORK} {OPTIMISER} --checkpoints.every 250 --checkpoints.log_spaced 0"
STOP = "--training.stop.accuracy 0.99"

ALONE = {"a+b": "--task.operation add", "a-b": "--task.operation subtract", "ab": "--task.operation multiply"}
NAMES = {"a+b": "add", "a-b": "subtract", "ab": "multiply", "ab+b": "ab+b"}

PARENT = f"train {COMMON} --model.seed {{seed}} --split.fraction"
SHORT = f"0.9 --training.steps 1000 {STOP}"
MIXED = "--task.kind mixture --task.operations"
# Each mixture's rows of the table, and its share of the pairs and number of steps. Those that are parents do not stop early.
MIXTURES = {
    "a+b and ab": (("a+b", "ab"), "0.9 --training.steps 2500"),
    "a+b and a-b": (("a+b", "a-b"), f"0.9 --training.steps 2000 {STOP}"),
    "a+b and ab+b": (("a+b", "ab+b"), f"0.9 --training.steps 2000 {STOP}"),
    "a+b, a-b and ab": (("a+b", "a-b", "ab"), SHORT),
    "a+b and ab, half the table": (("a+b", "ab"), f"0.5 --training.steps 2000 {STOP}"),
}
# The seed of the drawn weights is another than the parents', as in furuta2024.
CHILD = f'{COMMON} --split.fraction 0.7 --task.layout "a = b" --model.seed 1{{seed}} --training.steps 2000 {STOP} --task.operation ab+b'
PARENTS = {"a+b": "a+b.alone", "a+b and ab": "mixture.a+b and ab"}
FROZEN = {
    f"PG-E of {name}": f'finetune {CHILD} --from "{{out}}/{run}-s{{seed}}" --load embed --freeze embed' for name, run in PARENTS.items()
}

TRIALS = (
    *grid(ALONE, {"alone": f"{PARENT} 0.9 --training.steps 1000"}),
    *grid({"ab+b": '--task.layout "a = b" --task.operation ab+b'}, {"alone": f"{PARENT} {SHORT}"}),
    *(
        Trial("mixture", name, f"{PARENT} {words} {MIXED} {' '.join(NAMES[row] for row in rows)}", {row: NAMES[row] for row in rows})
        for name, (rows, words) in MIXTURES.items()
    ),
    *grid({row: ALONE[row] for row in ("a+b", "ab")}, {"alone, half the table": f"{PARENT} 0.5 --training.steps 1000 {STOP}"}),
    *grid({"ab+b": ""}, {"scratch": f"train {CHILD}"} | FROZEN),
)

BOTH, HALF, SIGNS = (f"mixture.{name}" for name in ("a+b and ab", "a+b and ab, half the table", "a+b and a-b"))
ALONE_HALF = {row: Number(f"{row}.alone, half the table", "loss", "accuracy_test") for row in ("a+b", "ab")}
ADD, MULTIPLY = (
    {mixture: Number(mixture, "task-loss", f"accuracy_test_{task}") for mixture in (BOTH, HALF)} for task in ("add", "multiply")
)
LATE_PRODUCT = Pace(BOTH, than="ab.alone", task="multiply")
DATA = (
    Claim(
        "Half of the table is enough for a+b alone, and not beside ab",
        "elementary operations grok at r = .3; mixtures need more, the networks that the paper goes on with have r = .9",
        ALONE_HALF["a+b"],
        ADD[HALF],
        low=0.95,
    ),
    Claim("Half of the table is enough for ab alone, and not beside a+b", "the same", ALONE_HALF["ab"], MULTIPLY[HALF], low=0.95),
    Claim("With nine tenths of the table most of both generalises: a+b", "co-grokking at r = .9", ADD[BOTH], ADD[HALF], low=0.8),
    Claim("With nine tenths of the table most of both generalises: ab", "co-grokking at r = .9", MULTIPLY[BOTH], MULTIPLY[HALF], low=0.8),
    Claim("And both grok to the end, shown by a+b", "co-grokking at r = .9", ADD[BOTH], ADD[BOTH].at_first(), low=0.99),
)
PACE = (
    Claim(
        "Beside ab, a+b groks later than alone; beside a-b it does not",
        "abstract: some mixtures accelerate generalisation, others find no solution",
        Pace(BOTH, than="a+b.alone", task="add"),
        Pace(SIGNS, than="a+b.alone", task="add"),
        low=1.0,
    ),
    Claim(
        "Beside a+b, a-b groks sooner than alone; ab does not",
        "abstract: similar operations promote each other",
        Pace(SIGNS, than="a-b.alone", task="subtract"),
        LATE_PRODUCT,
        high=1.0,
    ),
    Claim(
        "Beside a+b, ab+b groks sooner than alone; ab does not",
        "{a+b, ab+b} is one of the paper's mixtures",
        Pace("mixture.a+b and ab+b", than="ab+b.alone", task="ab+b"),
        LATE_PRODUCT,
        high=1.0,
    ),
)
WAVES, WAVES_OF_UNITS = "logit-cosines(basis=additive)", "logit-cosines(basis=multiplicative)"
BY_UNITS = Number(BOTH, WAVES_OF_UNITS, "explained", task="multiply")
FFD = {mixture: Number(mixture, "fourier-density(basis=additive)", "W_E_density") for mixture in (SIGNS, BOTH)}
WITHIN = (
    Claim(
        "By more than half the network adds by waves of Z_p; on the rows of ab it does not",
        "not in the paper, which shows the spectra of both together",
        Number(BOTH, WAVES, "explained", task="add"),
        Number(BOTH, WAVES, "explained", task="multiply"),
        low=0.5,
    ),
    Claim(
        "By more than half it multiplies by waves of the units, in discrete logarithms",
        "not in the paper",
        BY_UNITS,
        BY_UNITS.at_first(),
        low=0.5,
    ),
    Claim(
        "The embedding of a+b and a-b is as sparse as that of a+b, that of a+b and ab is not: FFD",
        "frequency bars of mixtures",
        FFD[SIGNS],
        FFD[BOTH],
        high=0.3,
    ),
    Claim(
        "ab+b learns from the embedding of a+b and ab, and not from that of a+b alone",
        "embeddings of mixtures transfer to more polynomials",
        *(Number(f"ab+b.PG-E of {name}", "loss", "accuracy_test") for name in ("a+b and ab", "a+b")),
        low=0.3,
    ),
)

ANALYSIS = Analysis(
    name="furuta2024_mixtures",
    title="Several modular operations learnt at once, and what transfers from them",
    source="Furuta, Minegishi, Iwasawa, Matsuo 2024, arXiv 2402.16726",
    text=(
        "A network that learns several operations, told apart by their tokens, may grok all of them, at a price in data and steps. "
        "Asked task by task (mechgrok analyze RUN --by-task), it turns out to hold the circuits of each beside the other."
    ),
    panels=(
        Panel(
            title="Has each task been learnt?",
            text="The mean over all rows hides a task that lags behind.",
            measures=("task-loss", "grok-times"),
        ),
        Panel(
            title="What is the same for all tasks?",
            text="Numbers have one embedding whatever the operator; what tells the tasks apart is the operator's.",
            measures=("token-groups", "fourier-density(basis=additive)", "fourier-density(basis=multiplicative)", "embedding-spectrum"),
        ),
    ),
    study=Study(
        text=(
            "The runs are small ones: p = 37, width 64 and 256 neurons, learning rate 0.003, decay 2, at most 2500 steps. The rows of "
            "every task are the same pairs, the losses are added. A mixture and its tasks alone have nine tenths of the table, or half "
            "where that is said; ab+b from scratch and on frozen embeddings seven tenths."
        ),
        trials=TRIALS,
        seeds=(0, 1, 2),
        claims=(*DATA, *PACE, *WITHIN),
        published={"a+b.alone": 0.3, "a-b.alone": 0.3, "ab.alone": 0.3, "ab+b.scratch": 0.5, "ab+b.PG-E of a+b": NEVER},
    ),
)
