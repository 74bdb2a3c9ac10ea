"""Rate and decay of recipes that are said to grok faster, tuned by one budget."""

from mechgrok.analysis import Analysis, Claim, Pace, Panel, Study, grid

ROWS = "nanda2023 --task.p 59 --split.fraction 0.4 --seed {seed}"
STEPS = "--training.steps 800 --training.stop.accuracy 0.99 --training.stop.evaluations 10"
COMMON = f"train {ROWS} {STEPS} --checkpoints.every 0 --checkpoints.log_spaced 0"

RECIPES = {
    "AdamW": "",
    "Muon": "--optimizer.kind muon",
    "Grokfast": "--gradient.kind grokfast",
    "orthogonal gradients": "--gradient.kind orthogonal",
    "StableMax": "--training.loss stablemax",
    "half the initial weights": "--training.init_scale 0.5",
}
RATES, DECAYS = (0.001, 0.003, 0.01), (1, 3)
CELLS = {f"rate {lr:g}, decay {wd}": f"--optimizer.lr {lr:g} --optimizer.weight_decay {wd}" for lr in RATES for wd in DECAYS}

ANALYSIS = Analysis(
    name="faster_groks_tuning",
    title="Rate and decay of six recipes, each tuned by the same budget",
    source="Nanda et al. 2023, arXiv 2301.05217, for network and task; the recipes are those of faster_groks",
    text=(
        "A recipe is compared fairly with AdamW only where rate and decay of both were sought with the same effort. Each recipe is "
        "trained at the same six places of rate and decay; the place with the smallest median of steps is taken over by faster_groks."
    ),
    panels=(
        Panel(
            title="When does it grok, and does it stay?",
            text="A run ends once its test accuracy has been .99 for ten evaluations, so that a collapse right after is seen.",
            measures=("grok-times", "post-grok-stability", "loss"),
        ),
    ),
    study=Study(
        text=(
            "The network of Nanda et al. on the table modulo 59, of which 40 % is trained on: 1392 rows, full batch, at most 800 steps. A "
            "recipe that needs more steps than that at all places has no best place here."
        ),
        trials=grid(CELLS, {name: f"{COMMON} {flags}".strip() for name, flags in RECIPES.items()}),
        seeds=(0, 1),
        claims=(
            Claim(
                text="AdamW groks in less than half of the steps with three times the decay, at the same rate",
                source="none; circuits form while the decay removes memorisation, at a speed of rate times decay",
                value=Pace("rate 0.003, decay 3.AdamW", than="rate 0.003, decay 1.AdamW"),
                control=Pace("rate 0.001, decay 3.AdamW", than="rate 0.003, decay 1.AdamW"),
                high=0.5,
            ),
        ),
    ),
)
