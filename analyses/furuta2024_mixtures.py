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
PARENTS = {"PG-E of a+b": "a+b.alone", "PG-E of a+b and ab": "mixture.a+b and ab"}

TRIALS = (
    *grid(ALONE, {"alone": f"{PARENT} 0.9 --training.steps 1000"}),
    Trial("ab+b", "alone", f'{PARENT} {SHORT} --task.layout "a = b" --task.operation ab+b'),
    *(
        Trial(
            "mixture",
            column,
            f"{PARENT} {words} --task.kind mixture --task.operations {' '.join(NAMES[row] for row in rows)}",
            tasks={row: NAMES[row] for row in rows},
        )
        for column, (rows, words) in MIXTURES.items()
    ),
    *grid({row: ALONE[row] for row in ("a+b", "ab")}, {"alone, half the table": f"{PARENT} 0.5 --training.steps 1000 {STOP}"}),
    Trial("ab+b", "scratch", f"train {CHILD}"),
    *(
        Trial("ab+b", column, f'finetune {CHILD} --from "{{out}}/{parent}-s{{seed}}" --load embed --freeze embed')
        for column, parent in PARENTS.items()
    ),
)

BOTH, HALF = "mixture.a+b and ab", "mixture.a+b and ab, half the table"
ADD, MULTIPLY = "accuracy_test_add", "accuracy_test_multiply"
DATA = (
    Claim(
        text="Half of the table is enough for a+b alone, and not beside ab",
        source="elementary operations grok at r = .3; mixtures need more, the networks that the paper goes on with have r = .9",
        value=Number("a+b.alone, half the table", "loss", "accuracy_test"),
        control=Number(HALF, "task-loss", ADD),
        low=0.95,
    ),
    Claim(
        text="Half of the table is enough for ab alone, and not beside a+b",
        source="the same",
        value=Number("ab.alone, half the table", "loss", "accuracy_test"),
        control=Number(HALF, "task-loss", MULTIPLY),
        low=0.95,
    ),
    Claim(
        text="With nine tenths of the table most of both generalises: a+b",
        source="co-grokking at r = .9",
        value=Number(BOTH, "task-loss", ADD),
        control=Number(HALF, "task-loss", ADD),
        low=0.8,
    ),
    Claim(
        text="With nine tenths of the table most of both generalises: ab",
        source="co-grokking at r = .9",
        value=Number(BOTH, "task-loss", MULTIPLY),
        control=Number(HALF, "task-loss", MULTIPLY),
        low=0.8,
    ),
    Claim(
        text="And both grok to the end, shown by a+b",
        source="co-grokking at r = .9",
        value=Number(BOTH, "task-loss", ADD),
        control=Number(BOTH, "task-loss", ADD, at="first"),
        low=0.99,
    ),
)
PACE = (
    Claim(
        text="Beside ab, a+b groks later than alone; beside a-b it does not",
        source="abstract: some mixtures accelerate generalisation, others find no solution",
        value=Pace(BOTH, than="a+b.alone", task="add"),
        control=Pace("mixture.a+b and a-b", than="a+b.alone", task="add"),
        low=1.0,
    ),
    Claim(
        text="Beside a+b, a-b groks sooner than alone; ab does not",
        source="abstract: similar operations promote each other",
        value=Pace("mixture.a+b and a-b", than="a-b.alone", task="subtract"),
        control=Pace(BOTH, than="ab.alone", task="multiply"),
        high=1.0,
    ),
    Claim(
        text="Beside a+b, ab+b groks sooner than alone; ab does not",
        source="{a+b, ab+b} is one of the paper's mixtures",
        value=Pace("mixture.a+b and ab+b", than="ab+b.alone", task="ab+b"),
        control=Pace(BOTH, than="ab.alone", task="multiply"),
        high=1.0,
    ),
)
WITHIN = (
    Claim(
        text="By more than half the network adds by waves of Z_p; on the rows of ab it does not",
        source="not in the paper, which shows the spectra of both together",
        value=Number(BOTH, "logit-cosines(basis=additive)", "explained", task="add"),
        control=Number(BOTH, "logit-cosines(basis=additive)", "explained", task="multiply"),
        low=0.5,
    ),
    Claim(
        text="By more than half it multiplies by waves of the units, in discrete logarithms",
        source="not in the paper",
        value=Number(BOTH, "logit-cosines(basis=multiplicative)", "explained", task="multiply"),
        control=Number(BOTH, "logit-cosines(basis=multiplicative)", "explained", task="multiply", at="first"),
        low=0.5,
    ),
    Claim(
        text="The embedding of a+b and a-b is as sparse as that of a+b, that of a+b and ab is not: FFD",
        source="frequency bars of mixtures",
        value=Number("mixture.a+b and a-b", "fourier-density(basis=additive)", "W_E_density"),
        control=Number(BOTH, "fourier-density(basis=additive)", "W_E_density"),
        high=0.3,
    ),
    Claim(
        text="ab+b learns from the embedding of a+b and ab, and not from that of a+b alone",
        source="embeddings of mixtures transfer to more polynomials",
        value=Number("ab+b.PG-E of a+b and ab", "loss", "accuracy_test"),
        control=Number("ab+b.PG-E of a+b", "loss", "accuracy_test"),
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
