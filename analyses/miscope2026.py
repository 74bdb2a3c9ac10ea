"""Fates of the neurons: when they commit to a frequency, and whether they change it."""

from mechgrok.analysis import Analysis, Claim, Difference, Number, Panel, Study, Trial

ROWS = "--task.p 31 --split.unordered --optimizer.lr 0.003 --optimizer.weight_decay 2"
STEPS = "--training.steps 1000 --training.evaluate_every 10 --checkpoints.every 25 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {ROWS} {STEPS}"
TRANSFORMER = "--model.d_model 64 --model.d_mlp 128"

FATES, TEST = "neuron-fates", ("loss", "accuracy_test")
GROKS, NEVER_GROKS = "transformer", "transformer, 30 %"
CODE = "no published statement: what its views of neurons show, as a claim"

ANALYSIS = Analysis(
    name="miscope2026",
    title="Fates of the neurons",
    source="code of MIScope 2026, for networks after Nanda et al. 2023, arXiv 2301.05217",
    text=(
        "Neurons of a network that adds modulo p come to be waves of one frequency. The views of MIScope follow when each of them commits, "
        "whether it changes its frequency, and which frequencies come and go."
    ),
    panels=(
        Panel(
            title="When do neurons commit?",
            text="A neuron has a frequency where that explains more than 85 % of its variance.",
            measures=("neuron-fates", "neuron-frequencies", "grok-times"),
        ),
        Panel(
            title="Which rows are learnt when?",
            text="The step from which on a row stays right.",
            measures=("graduation-map", "split-compatibility"),
        ),
    ),
    study=Study(
        text=(
            "Modulo 31 with 80 % of the table, a transformer of one layer, width 64 and 128 neurons, rate .003 and decay 2, 1000 steps, a "
            "checkpoint every 25; the control has 30 % of the table. MIScope has p = 113 and publishes views, not claims."
        ),
        trials=(
            Trial(GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.8"),
            Trial(NEVER_GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.3"),
        ),
        seeds=(0,),
        claims=(
            Claim(
                "The network groks from 80 % of the table, not from 30 %",
                "a condition of the experiment",
                Number(GROKS, *TEST),
                Number(NEVER_GROKS, *TEST),
                low=0.95,
            ),
            Claim(
                "More than half of the 128 neurons commit to a frequency",
                CODE,
                Number(GROKS, FATES, "committed"),
                Number(NEVER_GROKS, FATES, "committed"),
                low=64.0,
            ),
            Claim(
                "Half of them have committed before the network generalises, though not before it memorises",
                CODE,
                *(
                    Difference(Number(GROKS, "grok-times", time), Number(GROKS, FATES, "median_commitment"))
                    for time in ("generalised", "memorised")
                ),
                low=0.0,
            ),
            Claim(
                "Neurons change from one frequency to another",
                CODE,
                Number(GROKS, FATES, "switches"),
                Number(NEVER_GROKS, FATES, "switches"),
                low=0.5,
            ),
            Claim(
                "A frequency that a twentieth of the neurons once had is lost",
                CODE,
                Number(GROKS, FATES, "lost_frequencies.0"),
                Number(NEVER_GROKS, FATES, "lost_frequencies.0"),
                low=0.5,
            ),
        ),
    ),
)
