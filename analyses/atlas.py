"""Many seeds of one setting: which circuits there are, how often, and whether the split decides."""

from mechgrok.analysis import Analysis, Panel, Study, Trial

KEPT = "--training.evaluate_every 20 --checkpoints.every 0 --checkpoints.log_spaced 0"
SMALL, LARGE = "p = 59", "p = 113"

ANALYSIS = Analysis(
    name="atlas",
    title="Which circuits do seeds of one setting find?",
    source="the network of Nanda et al. 2023, arXiv 2301.05217; clock and pizza: Zhong et al. 2023, arXiv 2306.17844",
    text=(
        "A claim about the circuit of a network is a claim over seeds. Initial weights and split change with the seed; task, network and "
        "optimiser stay. Of each network: when it grokked, its key frequencies, clock or pizza, the program extracted from it, its "
        "certificate, and how well its split determines each frequency: docs/atlas.md."
    ),
    panels=(
        Panel(title="When?", text="The runs that do not grok within their steps are counted.", measures=("grok-times", "loss")),
        Panel(
            title="Which circuit?",
            text="Frequencies, algorithm and proof of the last checkpoint.",
            measures=("key-frequencies", "logit-fve", "clock-pizza", "certificate"),
        ),
        Panel(
            title="Does the split decide which frequencies win?",
            text="The excess is near 1 on average for a random split.",
            measures=("split-compatibility",),
        ),
    ),
    study=Study(
        text=(
            "Of no paper. p = 59: the preset demo, which ends at step 2000 here instead of 3000. p = 113: the preset fast-grok, which ends "
            "at test accuracy 1, since the published rate and decay would take an hour a run."
        ),
        trials=(
            Trial(SMALL, "", f"train demo --seed {{seed}} --training.steps 2000 {KEPT}"),
            Trial(LARGE, "", f"train fast-grok --seed {{seed}} {KEPT}"),
        ),
        seeds=tuple(range(20)),
        claims=(),
    ),
)
