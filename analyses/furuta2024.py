"""Towards empirical interpretation of internal circuits and properties in grokked transformers on modular polynomials."""

from mechgrok.analysis import NEVER, Analysis, Claim, Number, Pace, Panel, Study, grid

PAPER = "Furuta et al. 2024"
NETWORK = "--model.d_model 64 --model.d_mlp 256"
OPTIMISER = "--optimizer.lr 3e-3 --optimizer.weight_decay 2"
ROWS = "--task.p 59 --split.fraction 0.7 --split.seed {seed}"
COMMON = f"{ROWS} {NETWORK} {OPTIMISER} --checkpoints.every 100 --checkpoints.log_spaced 0"

ELEMENTARY = {"a+b": "--task.operation add", "ab": "--task.operation multiply", "a-b": "--task.operation subtract"}
PARENT = f"furuta2024 {COMMON} --model.seed {{seed}} --training.steps 2000"

POLYNOMIALS = {row: f'--task.operation "{row}"' for row in ("2a+b", "ab+b", "(a+b)^2", "a^2-b", "(a+b)^3")}
# The seed of the drawn weights is another than the parent's, else what is not loaded would be what the parent itself started from.
CHILD = f'furuta2024 {COMMON} --task.layout "a = b" --model.seed 1{{seed}} --training.steps 3000 --training.stop.accuracy 0.99'
STARTS = {
    "scratch": f"train {CHILD}",
    "PG-E": f"finetune {CHILD} --from {{out}}/a+b.scratch-s{{seed}} --load embed --freeze embed",
    "PG-T": f"finetune {CHILD} --from {{out}}/a+b.scratch-s{{seed}} --load body --freeze body",
    "random E": f"train {CHILD} --start.freeze embed",
    "random T": f"train {CHILD} --start.freeze body",
}
OTHER_STARTS = {
    f"{start} of {parent}": STARTS[start].replace("a+b.scratch", f"{parent}.scratch")
    for parent in ("ab", "a-b")
    for start in ("PG-E", "PG-T")
}
"""Parts of networks that grokked something else than addition."""
CONTROLS = {"random E": "PG-E", "random T": "PG-T"}
"""The part that is frozen at random instead."""

TABLE = {
    "2a+b": (0.5, 0.3, 0.3),
    "ab+b": (0.5, NEVER, 0.3),
    "(a+b)^2": (0.3, 0.3, 0.3),
    "a^2-b": (0.4, 0.4, 0.3),
    "(a+b)^3": (0.3, 0.3, NEVER),
}
"""Table 1, p = 97: smallest train fraction that groks from scratch, with PG-E and with PG-T of addition; 0.3 is the least tried."""
PUBLISHED = {
    **{f"{row}.{start}": r for row, cells in TABLE.items() for start, r in zip(("scratch", "PG-E", "PG-T"), cells, strict=True)},
    **{"ab+b.PG-E of ab": 0.4, "ab+b.PG-T of ab": 0.3, "(a+b)^2.PG-E of a-b": 0.3, "(a+b)^2.PG-T of a-b": 0.9},
}

ORDERED = {
    f"{row}.{start}": "sooner" if r < cells[0] else "later"
    for row, cells in TABLE.items()
    for start, r in zip(("PG-E", "PG-T"), cells[1:], strict=True)
    if r != cells[0]
}
"""Where the table says that a start needs less data than scratch, or more."""

ADDITIVE, MULTIPLICATIVE = "fourier-density(basis=additive)", "fourier-density(basis=multiplicative)"
SUM, PRODUCT, DIFFERENCE = "a+b.scratch", "ab.scratch", "a-b.scratch"
FFD, FCR = ({trial: Number(trial, ADDITIVE, key) for trial in (SUM, PRODUCT, DIFFERENCE)} for key in ("W_E_density", "W_E_ratio"))
FFD_OF_UNITS = {trial: Number(trial, MULTIPLICATIVE, "W_E_density") for trial in (SUM, PRODUCT)}
READOUT = Number(SUM, ADDITIVE, "W_L_density")
KEYS = {trial: Number(trial, "loss-decomposition", "key") for trial in (SUM, DIFFERENCE)}
OTHERS = Number(SUM, "loss-decomposition", "non_key")
SIGNATURES = (
    Claim(
        "The embedding of grokked addition has few large Fourier coefficients (FFD)", "FFD of W_E", FFD[SUM], FFD[SUM].at_first(), high=0.5
    ),
    Claim("So has its neuron-logit map", "FFD of W_L", READOUT, READOUT.at_first(), high=0.5),
    Claim("Grokked multiplication uses all frequencies of Z_p", "FFD of W_E", FFD[PRODUCT], FFD[SUM], low=0.9),
    Claim(
        "Its embedding is biased to cosines or sines (FCR), that of addition is balanced", "FCR of W_E", FCR[PRODUCT], FCR[SUM], high=0.77
    ),
    Claim(
        "In characters of the units, by discrete logarithms, multiplication is as sparse as addition is in those of Z_p",
        "not in the paper; follows from the isomorphism of the units with Z_{p-1}",
        FFD_OF_UNITS[PRODUCT],
        FFD_OF_UNITS[SUM],
        high=0.5,
    ),
    Claim("Subtraction becomes sparse too", "FFD of W_E", FFD[DIFFERENCE], FFD[DIFFERENCE].at_first(), high=0.5),
    Claim(
        "Subtraction takes several times as many steps as addition, multiplication does not",
        "learning curves of the elementary tasks",
        Pace(DIFFERENCE, than=SUM),
        Pace(PRODUCT, than=SUM),
        low=2.0,
    ),
    Claim("Frequencies other than the keys do not carry addition: loss (a)", "table A.4, 4.576 nats", OTHERS, KEYS[SUM], low=1.0),
    Claim(
        "Subtraction needs the residual beside its key frequencies",
        "table A.4, restricted loss .7141 of subtraction, 4.985e-8 of addition",
        KEYS[DIFFERENCE],
        KEYS[SUM],
        low=0.1,
    ),
    Claim("Key frequencies alone carry addition", "table A.4, restricted loss 4.985e-8", KEYS[SUM], KEYS[SUM].at_first(), high=0.1),
)
TRANSFER = tuple(
    Claim(
        text=f"{start} of addition makes {row} grok {order}{'' if order == 'sooner' else ', or not at all'}",
        source=f"table 1: r from {PUBLISHED[f'{row}.scratch']:g} to {PUBLISHED[f'{row}.{start}']:g}".replace("inf", "never"),
        value=Pace(f"{row}.{start}", than=f"{row}.scratch"),
        control=Pace(f"{row}.{control}", than=f"{row}.scratch"),
        **({"high": 1.0} if order == "sooner" else {"low": 1.0}),
    )
    for row in POLYNOMIALS
    for control, start in CONTROLS.items()
    for order in (ORDERED.get(f"{row}.{start}"),)
    if order
)

ANALYSIS = Analysis(
    name="furuta2024",
    title="Grokked transformers on modular polynomials, and what transfers between them",
    source="Furuta, Minegishi, Iwasawa, Matsuo 2024, arXiv 2402.16726",
    text=(
        "Networks that grokked addition, multiplication and subtraction differ in how many Fourier components they use and in the balance "
        "of cosines and sines; a grokked, frozen embedding (PG-E) or body (PG-T) may help another task to grok, or prevent it."
    ),
    panels=(
        Panel(
            title="Has it grokked?",
            text="Train loss falls early, test loss long after it. A task that needs more data than there is never gets there.",
            measures=("loss", "grok-times"),
        ),
        Panel(
            title="How many frequencies, and how balanced?",
            text="Addition becomes sparse and stays balanced; multiplication seems to use all frequencies, until seen in its own basis.",
            measures=(
                "fourier-density(basis=additive)",
                "fourier-density(basis=multiplicative)",
                "embedding-spectrum",
                "neuron-logit-spectrum",
            ),
        ),
        Panel(
            title="Which parts of the logits carry the answer?",
            text="Key frequencies, other frequencies and the residual, alone and in pairs: losses (a) to (e).",
            measures=("loss-decomposition", "spectrum-2d"),
        ),
    ),
    study=Study(
        text=(
            "The runs are small ones: p = 59 instead of 97, width 64 and 256 neurons instead of 128 and 512, learning rate 0.003 and decay "
            "2 instead of 0.001 and 1, 3000 steps instead of 100 000 and more. 70 % of the table are 2436 rows, a little fewer than the "
            "paper has at r = .3. The paper says how much data a start needs, these runs how many steps it takes with the same data; that "
            "less data needed goes with fewer steps is an assumption. Tasks, layouts, initial weights, and what is loaded and frozen are "
            "the paper's. The controls freeze the same part at random."
        ),
        trials=(
            *grid(ELEMENTARY, {"scratch": f"train {PARENT}"}),
            *grid(POLYNOMIALS, STARTS, lambda row, start: start not in CONTROLS or f"{row}.{CONTROLS[start]}" in ORDERED),
            *grid(POLYNOMIALS, OTHER_STARTS, lambda row, start: f"{row}.{start}" in PUBLISHED),
        ),
        seeds=(0, 1, 2),
        claims=(*SIGNATURES, *TRANSFER),
        published=PUBLISHED,
    ),
)
