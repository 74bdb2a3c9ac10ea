"""The recipes of faster_groks that grok soonest, at the size of Nanda et al. 2023, made stable."""

from mechgrok.analysis import Analysis, Claim, Number, Panel, Study, grid

KEPT = "train nanda2023 --seed {seed} --training.steps 500 --checkpoints.every 0 --checkpoints.log_spaced 0"
COMMON = f"{KEPT} --optimizer.lr 0.01"
COSINE = "--schedule.kind cosine --schedule.length 800 --optimizer.weight_decay 2.5 --optimizer.betas 0.9 0.95"
CONSTANT, ANNEALED, STABLEMAX, ORTHOGONAL = "constant rate", "cosine", "StableMax", "orthogonal gradients"
RECIPES = {
    CONSTANT: f"{COMMON} --optimizer.weight_decay 3",
    ANNEALED: f"{COMMON} {COSINE}",
    STABLEMAX: f"{COMMON} --training.loss stablemax --optimizer.weight_decay 1",
    ORTHOGONAL: f"{KEPT} --gradient.kind orthogonal --optimizer.lr 0.003 --optimizer.weight_decay 1",
}
"""AdamW with a constant rate and with one that falls; the two others as in faster_groks."""
PLACE = "p = 113"
ACCURACY = ("loss", "accuracy_test")

ANALYSIS = Analysis(
    name="faster_groks_113",
    title="The fastest recipe at p = 113: does it stay, and does it get every row right?",
    source="Nanda et al. 2023, arXiv 2301.05217, for task and network, which grok there after some 10 000 steps",
    text=(
        "At a rate of .01 and a decay of 3, AdamW groks within 200 steps modulo 113, too, but may collapse later. A rate that falls along "
        "a cosine and a shorter memory of squared gradients are compared with that. The preset fast-grok is the winner."
    ),
    panels=(
        Panel(title="When does it grok?", text="Nanda et al. need some fifty times as many steps.", measures=("grok-times", "loss")),
        Panel(title="Does it stay there?", text="With a constant rate both accuracies may fall.", measures=("post-grok-stability",)),
    ),
    study=Study(
        text="Task, split and network of Nanda et al., 30 % of the table, 500 steps whenever it groks.",
        trials=grid({PLACE: ""}, RECIPES),
        seeds=(0, 1, 2),
        claims=tuple(
            Claim(
                text=f"{recipe}: every test row is right at step 500",
                source="none",
                value=Number(f"{PLACE}.{recipe}", *ACCURACY),
                control=Number(f"{PLACE}.{recipe}", *ACCURACY, at="first"),
                low=0.99999,
            )
            for recipe in RECIPES
        ),
    ),
)
