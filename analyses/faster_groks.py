"""Recipes that are said to grok faster, each at its best rate and decay."""

from mechgrok.analysis import Analysis, Claim, Number, Pace, Panel, Study, grid

ROWS = "nanda2023 --task.p 59 --split.fraction 0.4 --seed {seed}"
KEPT = "--training.evaluate_every 10 --checkpoints.every 0 --checkpoints.log_spaced 0"
COMMON = f"train {ROWS} {KEPT} --training.steps 600"
PUBLISHED = f"train {ROWS} {KEPT} --training.steps 1500 --training.stop.accuracy 0.99 --optimizer.lr 0.001 --optimizer.weight_decay 1"

RECIPES = {
    "AdamW": "--optimizer.lr 0.01 --optimizer.weight_decay 3",
    "Grokfast": "--gradient.kind grokfast --optimizer.lr 0.01 --optimizer.weight_decay 3",
    "orthogonal gradients": "--gradient.kind orthogonal --optimizer.lr 0.003 --optimizer.weight_decay 1",
    "StableMax": "--training.loss stablemax --optimizer.lr 0.01 --optimizer.weight_decay 1",
    "half the initial weights": "--training.init_scale 0.5 --optimizer.lr 0.01 --optimizer.weight_decay 3",
}
"""With the best rate and decay of faster_groks_tuning."""
UNSTABLE = {"StableMax, decay 3": "--training.loss stablemax --optimizer.lr 0.01 --optimizer.weight_decay 3"}
"""It collapsed in the tuning, and is the control of claims of stability."""
USUAL, PLACE = "AdamW as published", "p = 59"

CLAIMED = {
    "Grokfast": "Lee et al.: up to 50 times as fast as Adam without decay",
    "StableMax": "Prieto et al.: grokking without decay",
    "StableMax, decay 3": "the same, at AdamW's rate and decay",
    "orthogonal gradients": "Prieto et al.: generalises at once, without the delay",
    "half the initial weights": "Liu et al.: small initial weights remove the delay",
}
SOONER = tuple(
    Claim(
        text=f"{name}: sooner than AdamW",
        source=source,
        value=Pace(f"{PLACE}.{name}", than=f"{PLACE}.AdamW"),
        control=Pace(f"{PLACE}.{USUAL}", than=f"{PLACE}.AdamW"),
        high=1.0,
    )
    for name, source in CLAIMED.items()
)
RATE = (
    Claim(
        text="AdamW needs a fifth of the steps at a rate of .01 and a decay of 3 instead of .001 and 1",
        source="none; decay removes memorisation at a speed of rate times decay",
        value=Pace(f"{PLACE}.AdamW", than=f"{PLACE}.{USUAL}"),
        control=Pace(f"{PLACE}.Grokfast", than=f"{PLACE}.AdamW"),
        high=0.2,
    ),
)
STABILITY = tuple(
    Claim(
        text=f"{name} does not collapse after it has grokked",
        source="none",
        value=Number(f"{PLACE}.{name}", "post-grok-stability", "collapses"),
        control=Number(f"{PLACE}.StableMax, decay 3", "post-grok-stability", "collapses"),
        high=0.5,
    )
    for name in ("AdamW", "orthogonal gradients", "StableMax", "half the initial weights")
)

ANALYSIS = Analysis(
    name="faster_groks",
    title="Which recipes grok sooner than AdamW, each at its best rate and decay?",
    source=(
        "Lee et al. 2024, arXiv 2405.20233 (Grokfast); Prieto et al. 2025, arXiv 2501.04697 (StableMax, orthogonal gradients); Tveit et "
        "al. 2025, arXiv 2504.16041 (Muon); Liu et al. 2022, arXiv 2210.01117 (initial scale)"
    ),
    text=(
        "Each paper compares its recipe with AdamW at rate and decay of its own choice. Here all were tuned with the same effort "
        "(faster_groks_tuning), and are compared over seeds that the tuning did not use."
    ),
    panels=(
        Panel(
            title="When does it grok?",
            text="The steps are counted; a step of Muon costs more than one of AdamW.",
            measures=("grok-times", "loss"),
        ),
        Panel(
            title="Does it stay there?",
            text="A recipe that falls back after it has generalised is no use as a preset.",
            measures=("post-grok-stability",),
        ),
    ),
    study=Study(
        text=(
            "The network of Nanda et al. on the table modulo 59, of which 40 % is trained on, full batch, 600 steps whenever it groks. "
            "AdamW as published has rate .001 and decay 1, and ends once it has grokked, or at step 1500."
        ),
        trials=grid({PLACE: ""}, {name: f"{COMMON} {flags}" for name, flags in (RECIPES | UNSTABLE).items()} | {USUAL: PUBLISHED}),
        seeds=(10, 11, 12, 13, 14, 15),
        claims=(*SOONER, *RATE, *STABILITY),
    ),
)
