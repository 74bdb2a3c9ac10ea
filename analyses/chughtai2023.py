"""A toy model of universality: how networks learn group operations."""

from mechgrok.analysis import Analysis, Claim, Number, Panel, Study, Trial

GROUP = "--task.kind group --task.group alternating --task.n 5"
NETWORK = "--model.d_model 64 --model.d_mlp 256 --optimizer.lr 3e-3"
STEPS = "--training.steps 3000 --checkpoints.every 500 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {GROUP} {NETWORK} {STEPS}"
LEARNT, MEMORISED = "60 % of the table", "20 % of the table"
PUBLISHED = "the authors' four transformers on A5"
CHANCE = 4.0943
"""Loss of guessing among 60 elements, ln 60."""

INFINITE = float("inf")
NUMBERS = (
    ("The product of held-out pairs is learnt", "1, 1, .974, 1", "loss", "accuracy_test", 0.924, INFINITE),
    (
        "Characters of key representations explain the logits in part",
        ".631, .632, .252, .528",
        "character-cosines",
        "explained_key",
        0.2,
        0.76,
    ),
    (
        "Logits of key representations alone give a small loss",
        "1.1e-06, 1.1e-06, 1.8e-16, 1.2e-11",
        "irrep-restricted-loss",
        "all",
        -INFINITE,
        2.3e-6,
    ),
    (
        "Without key representations the train loss is worse than guessing",
        "13.9, 13.9, 29.2, 19.7; guessing: 4.09",
        "irrep-restricted-loss",
        "excluded_train",
        CHANCE,
        INFINITE,
    ),
    ("and as large as published", "13.9, 13.9, 29.2, 19.7", "irrep-restricted-loss", "excluded_train", 11.1, 35.0),
    ("One representation has most of W_E", ".933, .924, .872, .999", "irrep-shares", "W_E_share", 0.822, INFINITE),
    ("One representation has most of W_L", ".931, .931, .813, 1.000", "irrep-shares", "W_L_share", 0.763, INFINITE),
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
            "The alternating group A5 (60 elements) and 60 % of its table, as in the authors' configuration; width 64 and 256 neurons "
            "instead of 128 and 512, a rate of .003 instead of .001, 3000 steps instead of 250 000. The published numbers are those of the "
            "four released transformers (seeds 1 to 4, summary_metrics.json), with the threshold of key representations that mechgrok has "
            "(a similarity of .05). Bounds follow the rule of the study of Nanda et al.: small losses within a factor of two of the "
            "largest, shares of one representation and of rows within five points, other numbers within a fifth, and the loss of guessing, "
            "ln 60. The control is the same network on 20 % of the table, from which it can only memorise."
        ),
        trials=(
            Trial(LEARNT, "", f"{COMMON} --split.fraction 0.6"),
            Trial(MEMORISED, "", f"{COMMON} --split.fraction 0.2"),
        ),
        seeds=(0, 1, 2, 3),
        claims=CLAIMS,
    ),
)
