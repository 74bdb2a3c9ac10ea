"""A toy model of universality: how networks learn group operations."""

from mechgrok.analysis import Analysis, Claim, Number, Panel, Study, Trial

GROUP = "--task.kind group --task.group dihedral --task.n 29"
NETWORK = "--model.d_model 64 --model.d_mlp 256 --optimizer.lr 3e-3 --optimizer.weight_decay 2"
STEPS = "--training.steps 1500 --checkpoints.every 500 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {GROUP} {NETWORK} {STEPS}"
LEARNT, MEMORISED = "80 % of the table", "20 % of the table"
PUBLISHED = "the authors' four transformers on D59"
CHANCE = 4.0604
"""Loss of guessing among 58 elements, ln 58."""
INFINITE = float("inf")
NUMBERS = (
    ("The product of held-out pairs is learnt", "test accuracy 1 (seed 1)", "loss", "accuracy_test", 0.99, INFINITE),
    (
        "Characters of key representations explain the logits in part",
        ".464, .513, .675, .516",
        "character-cosines",
        "explained_key",
        0.37,
        0.81,
    ),
    (
        "Logits of key representations alone give a small loss",
        "4.4e-09, 3.2e-08, 7.1e-08, 7.2e-08",
        "irrep-restricted-loss",
        "all",
        -INFINITE,
        1.44e-7,
    ),
    (
        "Without key representations the train loss is worse than guessing",
        "60.3, 72.2, 35.4, 28.9",
        "irrep-restricted-loss",
        "excluded_train",
        CHANCE,
        INFINITE,
    ),
    ("and as large as published", "60.3, 72.2, 35.4, 28.9", "irrep-restricted-loss", "excluded_train", 23.1, 86.6),
)
"""Statement, published numbers, measure, key and bounds."""
CLAIMS = tuple(
    Claim(text, f"{PUBLISHED}: {source}", Number(LEARNT, measure, key), Number(MEMORISED, measure, key), low, high)
    for text, source, measure, key, low, high in NUMBERS
)

ANALYSIS = Analysis(
    name="chughtai2023",
    title="A toy model of universality",
    source="Chughtai, Chan, Nanda 2023, arXiv 2302.03025; Stander, Yu, Fan, Biderman 2024, arXiv 2312.06581",
    text=(
        "A network that composes elements of a finite group may do so through matrices that represent them, reading off c where the trace "
        "of rho(a) rho(b) rho(c inverse) is largest, or through the cosets of subgroups. The panels ask for either."
    ),
    panels=(
        Panel(
            title="Has it grokked?",
            text="Train loss falls early, test loss long after it, when the train loss has nothing more to tell.",
            measures=("loss", "grok-times", "post-grok-stability"),
        ),
        Panel(
            title="Which representations does it use?",
            text="Weights whose power lies on few irreducible representations, and logits that are sums of their characters.",
            measures=("irrep-shares", "character-cosines"),
        ),
        Panel(
            title="Does it need them?",
            text="Loss of the key representations alone, and without them. Where all of a small group's are key, the first says little.",
            measures=("irrep-restricted-loss",),
        ),
        Panel(
            title="Or is it cosets?",
            text="Neurons that depend on the coset of an operand alone, against what a random function of the group would give.",
            measures=("coset-concentration",),
        ),
        Panel(
            title="What happens to the weights?",
            text="Weight decay cleans up once the circuit carries the task and memorisation is no longer needed.",
            measures=("weight-norms", "ranks", "trajectory-pca", "numerical-health"),
        ),
    ),
    tasks=("group",),
    study=Study(
        text=(
            "The dihedral group of 29 corners (58 elements) and 80 % of its table instead of that of 59 corners and 30 %; width 64 and 256 "
            "neurons instead of 128 and 512, a rate of .003 and a decay of 2 instead of .001 and 1, 1500 steps instead of 100 000. The "
            "published numbers are those of the four released transformers (seeds 1 to 4, summary_metrics.json). Their key "
            "representations have a similarity of .005 with the logits, those here one of .05. Bounds: losses below 1 nat within a "
            "factor of two of the largest, other numbers within a fifth, accuracy above .99, and the loss of guessing, ln 58. The control "
            "is the same network on 20 % of the table, from which it can only memorise."
        ),
        trials=(
            Trial(LEARNT, "", f"{COMMON} --split.fraction 0.8"),
            Trial(MEMORISED, "", f"{COMMON} --split.fraction 0.2"),
        ),
        seeds=(0, 1),
        claims=CLAIMS,
    ),
)
