"""Several tasks learnt at once: which grok together, at what price, and what their embedding is good for afterwards."""

from mechgrok.analysis import NEVER, Analysis, Claim, Number, Pace, Panel, Study, Trial

NETWORK = "--model.d_model 64 --model.d_mlp 256"
OPTIMISER = "--optimizer.lr 3e-3 --optimizer.weight_decay 2"
COMMON = f"furuta2024 --task.p 37 --split.seed {{seed}} {NETWORK} {OPTIMISER} --checkpoints.every 250 --checkpoints.log_spaced 0"
STOP = "--training.stop.accuracy 0.99"

ELEMENTARY = {"a+b": "add", "a-b": "subtract", "ab": "multiply"}
PARENT = f"{COMMON} --model.seed {{seed}}"
SINGLE = "train {parent} --split.fraction {share} --training.steps {steps} --task.operation {name}"
TOGETHER = "train {parent} --split.fraction {share} --training.steps {steps} --task.kind mixture --task.operations {names}"


def alone(row: str, share: float, column: str, more: str = "") -> Trial:
    """A task by itself, in the layout that it has in a mixture."""
    words = SINGLE.format(parent=PARENT, share=share, steps=1000, name=ELEMENTARY[row])
    return Trial(row, column, f"{words} {more}".strip())


def mixture(rows: dict[str, str], share: float, steps: int, column: str, more: str = "") -> Trial:
    """Several tasks at once, by the row of the table that each of them stands in."""
    words = TOGETHER.format(parent=PARENT, share=share, steps=steps, names=" ".join(rows.values()))
    return Trial("mixture", column, f"{words} {more}".strip(), tasks=rows)


# The seed of the drawn weights is another than the parents', as in furuta2024.
CHILD = f'{COMMON} --split.fraction 0.7 --task.layout "a = b" --model.seed 1{{seed}} --training.steps 2000 {STOP}'
PARTS = {"PG-E": "embed", "PG-T": "body"}
PARENTS = {"a+b": "a+b.alone", "a-b": "a-b.alone", "ab": "ab.alone", "a+b and ab": "mixture.a+b and ab"}


def child(row: str, start: str, parent: str) -> Trial:
    """A polynomial on a part of a network that has grokked something else."""
    taken = f'finetune {CHILD} --from "{{out}}/{PARENTS[parent]}-s{{seed}}" --load {PARTS[start]} --freeze {PARTS[start]}'
    return Trial(row, f"{start} of {parent}", f'{taken} --task.operation "{row}"')


TRIALS = (
    *(alone(row, 0.9, "alone") for row in ELEMENTARY),
    Trial("ab+b", "alone", f'train {PARENT} --split.fraction 0.9 --training.steps 1000 {STOP} --task.layout "a = b" --task.operation ab+b'),
    mixture({"a+b": "add", "ab": "multiply"}, 0.9, 2500, "a+b and ab"),
    mixture({"a+b": "add", "a-b": "subtract"}, 0.9, 2000, "a+b and a-b", STOP),
    mixture({"a+b": "add", "ab+b": "ab+b"}, 0.9, 2000, "a+b and ab+b", STOP),
    mixture({"a+b": "add", "a-b": "subtract", "ab": "multiply"}, 0.9, 1000, "a+b, a-b and ab", STOP),
    *(alone(row, 0.5, "alone, half the table", STOP) for row in ("a+b", "ab")),
    mixture({"a+b": "add", "ab": "multiply"}, 0.5, 2000, "a+b and ab, half the table", STOP),
    *(Trial(row, "scratch", f'train {CHILD} --task.operation "{row}"') for row in ("ab+b", "(a+b)^2")),
    *(child("ab+b", "PG-E", parent) for parent in ("a+b", "ab", "a+b and ab")),
    child("ab+b", "PG-T", "ab"),
    *(child("(a+b)^2", start, "a-b") for start in PARTS),
)

ANALYSIS = Analysis(
    name="furuta2024_mixtures",
    title="Several modular operations learnt at once, and what transfers from them",
    source="Furuta, Minegishi, Iwasawa, Matsuo 2024, arXiv 2402.16726",
    text="",
    panels=(),
    study=Study(text="", trials=TRIALS, seeds=(0, 1, 2), claims=()),
)
