"""Towards empirical interpretation of internal circuits, table 1 in its own quantity: the smallest train share that groks."""

from mechgrok.analysis import Analysis, Claim, Panel, Share, Study, Threshold, grid

SIZE = "--task.p 31 --model.d_model 64 --model.d_mlp 256 --split.seed {seed} --optimizer.lr 3e-3 --optimizer.weight_decay 2"
KEPT = "--checkpoints.every 0 --checkpoints.log_spaced 0"
PARENT = f"train furuta2024 {SIZE} {KEPT} --split.fraction 0.8 --model.seed {{seed}} --training.steps 800"
# The seed of the drawn weights is another than the parent's, else what is not loaded would be what the parent itself started from.
CHILD = (
    f'furuta2024 {SIZE} {KEPT} --task.layout "a = b" --split.fraction {{share}} --model.seed 1{{seed}} --training.steps 1200 '
    "--training.stop.accuracy 0.99"
)
FROM = "--from {out}/a+b.scratch-s{seed}"
STARTS = {
    "scratch": f"train {CHILD}",
    "PG-E": f"finetune {CHILD} {FROM} --load embed --freeze embed",
    "PG-T": f"finetune {CHILD} {FROM} --load body --freeze body",
}
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
POLYNOMIALS = ("2a+b", "ab+b")

ANALYSIS = Analysis(
    name="furuta2024_shares",
    title="How much of the table does a polynomial need, from scratch and from parts of addition?",
    source="Furuta, Minegishi, Iwasawa, Matsuo 2024, arXiv 2402.16726, table 1",
    text=(
        "The paper counts the data that a start needs: the smallest of seven train shares at which test accuracy is reached. Here the same "
        "shares are searched by bisection, which needs three runs instead of seven and assumes that more data does not prevent grokking."
    ),
    panels=(
        Panel(
            title="Has it grokked?",
            text="Of each polynomial and start, the runs at the shares that were tried.",
            measures=("loss", "grok-times"),
        ),
    ),
    study=Study(
        text=(
            "p = 31 instead of 97, width 64 and 256 neurons, learning rate .003 and decay 2, at most 1200 steps, and two of the sixteen "
            "polynomials. A share of this table has a tenth of the rows that it has in the paper, so the shares themselves are larger; "
            "their order between starts is what is compared."
        ),
        trials=grid({"a+b": "--task.operation add"}, {"scratch": PARENT}),
        seeds=(0,),
        thresholds=tuple(
            Threshold(row, start, f'{command} --task.operation "{row}"', SHARES) for row in POLYNOMIALS for start, command in STARTS.items()
        ),
        claims=(
            Claim(
                text="With the embedding of addition 2a+b groks from less data",
                source="table 1: r from .5 to .3; ab+b from .5 to never",
                value=Share("2a+b.PG-E", than="2a+b.scratch"),
                control=Share("ab+b.PG-E", than="ab+b.scratch"),
                high=1.0,
            ),
            Claim(
                text="With the embedding of addition ab+b groks from no share",
                source="table 1: r from .5 to never; 2a+b from .5 to .3",
                value=Share("ab+b.PG-E", than="ab+b.scratch"),
                control=Share("2a+b.PG-E", than="2a+b.scratch"),
                low=1.0,
            ),
            Claim(
                text="With the body of addition ab+b groks from less data",
                source="table 1: r from .5 to .3",
                value=Share("ab+b.PG-T", than="ab+b.scratch"),
                control=Share("ab+b.PG-E", than="ab+b.scratch"),
                high=1.0,
            ),
        ),
    ),
)
