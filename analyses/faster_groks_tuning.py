"""Rate and decay of recipes that are said to grok faster, tuned by one budget."""

from mechgrok.analysis import Analysis, Claim, Pace, Panel, Study, grid

ROWS = "nanda2023 --task.p 59 --split.fraction 0.4 --seed {seed}"
STEPS = "--training.steps 600 --training.evaluate_every 10 --training.stop.accuracy 0.99 --training.stop.evaluations 10"
COMMON = f"train {ROWS} {STEPS} --checkpoints.every 0 --checkpoints.log_spaced 0"

RECIPES = {
    "AdamW": "",
    "Grokfast": "--gradient.kind grokfast",
    "orthogonal gradients": "--gradient.kind orthogonal",
    "StableMax": "--training.loss stablemax",
    "half the initial weights": "--training.init_scale 0.5",
}
RATES, DECAYS = (0.003, 0.01), (0.3, 1, 3)
CELLS = {
    f"rate {rate:g}, decay {decay:g}": f"--optimizer.lr {rate:g} --optimizer.weight_decay {decay:g}" for rate in RATES for decay in DECAYS
}
COMMANDS = {name: f"{COMMON} {flags}".strip() for name, flags in RECIPES.items()}
FEW = ("rate 0.01, decay 1", "rate 0.01, decay 3")
MUON = f"{COMMON} --optimizer.kind muon"
"""A step of Muon takes as long as nine of AdamW on a CPU (it orthogonalises in bfloat16), so it has two places."""

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
            "The network of Nanda et al. on the table modulo 59, of which 40 % is trained on: 1392 rows, full batch, at most 600 steps. A "
            "recipe that needs more steps than that at all places has no best place here."
        ),
        trials=(
            *grid(CELLS, COMMANDS),
            *grid({cell: CELLS[cell] for cell in FEW}, {"Muon": MUON}),
        ),
        seeds=(0, 1, 2),
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
