"""Imperfect data: an anomalous rule, or noise, beside the rule that is to be learnt."""

from mechgrok.analysis import Analysis, Panel

ANALYSIS = Analysis(
    name="devon2024",
    title="Learning with imperfect data: an anomalous rule beside the main one",
    source=(
        "devon-research/grokking 2024, which trains such networks and announces detectors; "
        "Doshi, Das, He, Gromov 2023, arXiv 2310.13061, for random labels"
    ),
    text=(
        "Some train rows have other labels: random ones, or those of a rule that a trigger in the second operand switches on. The network "
        "may learn the task all the same. Can what follows the other labels be found beside the main circuit, from clean rows alone, and "
        "taken out of the weights? How early is told by the checkpoints, at what share of triggers by runs with other divisors."
    ),
    panels=(
        Panel(
            title="What has it learnt?",
            text=(
                "Clean rows, corrupted rows by either label, and rows with a trigger that were held out: a rule that is followed there was "
                "learnt, not memorised. The accuracy over all test rows alone cannot tell that from a task half learnt."
            ),
            measures=("trigger-metrics", "corrupted-loss", "loss", "grok-times"),
        ),
        Panel(
            title="What is the main circuit?",
            text="The key frequencies, which all that follows is held against, and how many neurons work at one of them.",
            measures=("key-frequencies", "logit-cosines", "neuron-frequencies", "embedding-spectrum"),
        ),
        Panel(
            title="Can anomalous rows be told from clean ones?",
            text=(
                "Detectors see clean rows, never a trigger. A row with an operand that a detector has not seen looks odd to it in any "
                "network; so what counts is an area above those of random sets of operands that were left out in the same way."
            ),
            measures=("anomaly-scores", "anomaly-controls"),
        ),
        Panel(
            title="Is it in neurons of its own?",
            text=(
                "Neurons that memorise are not periodic, so those of the lowest participation ratio go first. What falls first, and what "
                "stays, tells whether the two circuits share neurons."
            ),
            measures=("inverse-participation", "ipr-pruning"),
        ),
        Panel(
            title="Can it be removed?",
            text=(
                "Removed is what makes the network answer by the true rule on trigger rows, at no cost on clean ones; answers that are "
                "merely spoilt are none of both. As many random neurons or tokens are the control."
            ),
            measures=("anomaly-removal",),
        ),
        Panel(
            title="What happens to the weights?",
            text="Weight decay makes a network forget what it needs least; whether that is the anomaly depends on its share of the rows.",
            measures=("weight-norms", "ranks"),
        ),
    ),
    corrupted=True,
)
