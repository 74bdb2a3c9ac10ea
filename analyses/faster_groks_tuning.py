"""Rate and decay of recipes that are said to grok faster, tuned by one budget."""

from mechgrok.analysis import Analysis, Claim, Pace, Panel, Study, grid

ROWS = "nanda2023 --task.p 31 --split.fraction 0.6 --seed {seed}"
STEPS = "--training.steps 600 --training.evaluate_every 10 --training.stop.accuracy 0.99 --training.stop.evaluations 10"
COMMON = f"train {ROWS} {STEPS} --checkpoints.every 0 --checkpoints.log_spaced 0"

RECIPES = {
    "AdamW": "",
    "Grokfast": "--gradient.kind grokfast",
    "orthogonal gradients": "--gradient.kind orthogonal",
    "StableMax": "--training.loss stablemax",
    "half the initial weights": "--training.init_scale 0.5",
}
PLACES = ((0.001, 3), (0.003, 1), (0.003, 3), (0.01, 1), (0.01, 3), (0.01, 8))
CELLS = {f"rate {rate:g}, decay {decay}": f"--optimizer.lr {rate:g} --optimizer.weight_decay {decay}" for rate, decay in PLACES}
COMMANDS = {name: f"{COMMON} {flags}".strip() for name, flags in RECIPES.items()}
FEW = ("rate 0.003, decay 3", "rate 0.01, decay 3")
MUON = f"{COMMON} --optimizer.kind muon".replace("--training.steps 600", "--training.steps 300")
"""A step of Muon takes as long as fifteen of AdamW on a CPU (it orthogonalises in bfloat16), so it has two places and half the steps."""

ANALYSIS = Analysis(
    name="faster_groks_tuning",
    title="Rate and decay of six recipes, each tuned by the same budget",
    source="Nanda et al. 2023, arXiv 2301.05217, for network and task; the recipes are those of faster_groks",
    text=(
        "A recipe is compared fairly with AdamW only where rate and decay of both were sought with the same effort. Each recipe is "
        "trained at the same six places of rate and decay. Of the places without a collapse, faster_groks takes over the one with the "
        "fewest steps over the seeds, then the best accuracy."
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
            "The network of Nanda et al. on the table modulo 31, of which 60 % is trained on: 576 rows, full batch, at most 600 steps. A "
            "recipe that needs more steps than that at all places has no best place here."
        ),
        trials=(
            *grid(CELLS, COMMANDS),
            *grid({cell: CELLS[cell] for cell in FEW}, {"Muon": MUON}),
        ),
        seeds=(0,),
        claims=(
            Claim(
                text="AdamW groks in less than half of the steps with three times the decay, at a rate of .01",
                source="none; circuits form while the decay removes memorisation, at a speed of rate times decay",
                value=Pace("rate 0.01, decay 3.AdamW", than="rate 0.01, decay 1.AdamW"),
                control=Pace("rate 0.003, decay 3.AdamW", than="rate 0.01, decay 1.AdamW"),
                high=0.5,
            ),
        ),
    ),
)
