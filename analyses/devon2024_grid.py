"""Imperfect data, the grid of the source: kind of corrupted labels, divisor of the rule, share of noise, decay."""

from mechgrok.analysis import Analysis, Claim, Number, Panel, Study, grid

SIZE = "--task.p 37 --split.fraction 0.7 --seed {seed} --optimizer.lr 3e-3"
STEPS = "--training.steps 1000 --training.evaluate_every 50 --checkpoints.every 0 --checkpoints.log_spaced 0"
NOISE = "--corruption.seed {seed} --corruption.fraction"
LABELS = {
    "random labels, 6 %": f"--corruption.kind uniform {NOISE} 0.062",
    "random labels, 20 %": f"--corruption.kind uniform {NOISE} 0.2",
    "c + 1, 6 %": f"--corruption.kind increment {NOISE} 0.062",
    "b where 17 divides b": "--corruption.kind fixed-rule --corruption.divisor 17",
    "b where 7 divides b": "--corruption.kind fixed-rule --corruption.divisor 7",
    "b where 3 divides b": "--corruption.kind fixed-rule --corruption.divisor 3",
    "c + 1 where 17 divides b": "--corruption.kind increment-rule --corruption.divisor 17",
}
DECAYS = {f"decay {decay}": f"train devon2024 {SIZE} {STEPS} --optimizer.weight_decay {decay}" for decay in (1, 0)}
MEASURE = "trigger-metrics"

ANALYSIS = Analysis(
    name="devon2024_grid",
    title="Corrupted labels of seven kinds: memorised, inverted, or followed as a rule",
    source="devon-research/grokking 2024, its grid of experiments; Doshi, Das, He, Gromov 2023, arXiv 2310.13061, for random labels",
    text=(
        "The repository trains every combination of kind of labels, divisor and seed, and records one accuracy over all held-out rows. "
        "That accuracy cannot tell a rule that was learnt from a task half learnt; the answers to corrupted rows can."
    ),
    panels=(
        Panel(
            title="What has it learnt?",
            text="Clean rows, corrupted train rows by either label, and held-out rows with a trigger.",
            measures=("trigger-metrics", "corrupted-loss", "loss"),
        ),
    ),
    study=Study(
        text=(
            "p = 37 instead of 113, 70 % of the table instead of 30 %, a rate of .003 instead of .001, 1000 steps, not 50 001. Divisor "
            "17 makes 3 of 37 second operands triggers, 7 makes 6, 3 makes 13."
        ),
        trials=grid(LABELS, DECAYS, lambda row, column: column == "decay 1" or row.startswith("random")),
        seeds=(0,),
        claims=(
            Claim(
                text="A rule on the second operand is learnt: held-out rows with a trigger follow it",
                source="code of the source, whose accuracy on held-out rows counts these rows as wrong",
                value=Number("b where 17 divides b.decay 1", MEASURE, "rule"),
                control=Number("b where 17 divides b.decay 1", MEASURE, "rule", at="first"),
                low=0.5,
            ),
            Claim(
                text="With decay, train rows with random labels are answered by the true sum (inversion)",
                source="Doshi et al., phases of training",
                value=Number("random labels, 6 %.decay 1", MEASURE, "inverted"),
                control=Number("random labels, 6 %.decay 0", MEASURE, "inverted"),
                low=0.9,
            ),
            Claim(
                text="Random labels on a few rows do not keep it from generalising on clean rows",
                source="Doshi et al., phases of training",
                value=Number("random labels, 6 %.decay 1", MEASURE, "clean_test"),
                control=Number("random labels, 20 %.decay 0", MEASURE, "clean_test"),
                low=0.95,
            ),
        ),
    ),
)
