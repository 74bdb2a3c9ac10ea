"""A study so small that it is trained in seconds: a parent, a child of it, and a child of nobody."""

from __future__ import annotations

from mechgrok.analysis import Analysis, Claim, Number, Pace, Panel, Study, Trial

TINY = (
    "demo --task.p 7 --model.d_model 16 --model.heads 2 --model.d_mlp 16 --training.steps 20 --training.evaluate_every 5 "
    "--checkpoints.every 10 --checkpoints.log_spaced 0 --split.seed {seed}"
)
DENSITY = "fourier-density(basis=additive)"

SMALL = Analysis(
    name="small2024",
    title="A small study",
    source="nobody, arXiv 0000.00000",
    text="What a study does.",
    panels=(Panel("loss", "of the runs", ("loss",)),),
    study=Study(
        text="They are tiny.",
        trials=(
            Trial("a+b", "scratch", f"train {TINY} --model.seed {{seed}}"),
            Trial("(a+b)^2", "scratch", f'train {TINY} --model.seed 1{{seed}} --task.operation "(a+b)^2"'),
            Trial(
                "(a+b)^2",
                "PG-E",
                f'finetune {TINY} --model.seed 1{{seed}} --task.operation "(a+b)^2" --from {{out}}/a+b.scratch-s{{seed}} '
                "--load embed --freeze embed",
            ),
        ),
        seeds=(0, 1),
        claims=(
            Claim(
                "W_E is not sparse at first",
                "x",
                Number("a+b.scratch", DENSITY, "W_E_density", at="first"),
                Pace("a+b.scratch", "(a+b)^2.PG-E"),
                low=0.0,
            ),
            Claim("sooner", "x", Pace("(a+b)^2.PG-E", "(a+b)^2.scratch"), Number("a+b.scratch", DENSITY, "W_E_ratio"), high=1.0),
        ),
        published={"(a+b)^2.scratch": 0.5, "(a+b)^2.PG-E": 0.3},
    ),
)
