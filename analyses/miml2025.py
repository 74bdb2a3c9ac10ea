"""MIML-grokking: steps against the share of the table, optimiser, decay, modulus, restricted operands and number of operands."""

from mechgrok.analysis import Analysis, Claim, Number, Pace, Panel, Study, grid

NETWORK = "--model.layers 1 --model.d_model 64 --model.d_mlp 256 --model.mlp_dropout 0"
STEPS = "--training.steps 2000 --training.evaluate_every 50 --training.stop.accuracy 0.99"
KEPT = "--checkpoints.every 0 --checkpoints.log_spaced 0"
COMMON = f"train miml2025 --seed {{seed}} {NETWORK} {STEPS} {KEPT}"
ADAMW = f"{COMMON} --optimizer.lr 3e-3"

P, DECAY = "--task.p 23", "--optimizer.weight_decay 1"
FRACTIONS = {f"{percent} %": f"{P} --split.fraction {percent / 100:g}" for percent in (50, 80)}
OPTIMISERS = {
    "AdamW": f"{ADAMW} {DECAY}",
    "Adam": f"{COMMON} --optimizer.kind adam --optimizer.lr 3e-3",
    "SGD": f"{COMMON} --optimizer.kind sgd --optimizer.lr 3e-2",
    "RMSprop": f"{COMMON} --optimizer.kind rmsprop --optimizer.lr 3e-3",
}
DECAYS = {f"decay {decay:g}": f"{P} --split.fraction 0.8 --optimizer.weight_decay {decay:g}" for decay in (0, 0.3)}
MODULI = {f"p = {p}": f"--task.p {p} --split.fraction 0.65 {DECAY}" for p in (11, 31)}
RESTRICTED = {"first operand among 30 %": f"{P} --split.fraction 0.8 {DECAY} --task.domain.first_fraction 0.3"}
WISE = "--task.kind k-wise --task.p 11 --task.layout operands --split.fraction 0.4"
OPERANDS = {f"{count} operands at 40 %": f"{WISE} --task.terms {count} {DECAY}" for count in (2, 3)}
ACCURACY = ("loss", "accuracy_test")

ANALYSIS = Analysis(
    name="miml2025",
    title="What grokking takes: share of the table, optimiser, decay, modulus, operands",
    source="tnediserp/MIML-grokking 2025, its figures and logs; a fork of the code of Power et al. 2022, arXiv 2201.02177",
    text=(
        "The repository varies one setting at a time and draws the step at which test accuracy is .99, or the best accuracy within 100 000 "
        "steps. The same figures as one study."
    ),
    panels=(
        Panel(
            title="When does it generalise?",
            text="Train accuracy is soon .99 in all settings but those of SGD; the time of test accuracy depends on all of them.",
            measures=("grok-times", "loss"),
        ),
        Panel(
            title="Does it stay there?",
            text="In the logs, decays from .2 on collapse late and recover.",
            measures=("post-grok-stability",),
        ),
    ),
    study=Study(
        text=(
            "p = 23 instead of 97, one block of width 64 without dropout instead of two of width 128 with .1, rate .003 and decay "
            "1 instead of .001 and .1, at most 2000 steps instead of 100 000. Restricted operands use this network with AdamW instead of a "
            "perceptron with SGD."
        ),
        trials=(
            *grid(FRACTIONS, OPTIMISERS, lambda row, optimiser: optimiser == "AdamW" or row == "80 %"),
            *grid({**DECAYS, **MODULI, **RESTRICTED, **OPERANDS}, {"AdamW": ADAMW}),
        ),
        seeds=(0,),
        claims=(
            Claim(
                text="More of the table takes fewer steps",
                source="step of test accuracy .99: 19 841 at 50 %, 8 509 at 65 %, 3 495 at 80 %",
                value=Pace("80 %.AdamW", than="50 %.AdamW"),
                control=Pace("80 %.SGD", than="80 %.AdamW"),
                high=1.0,
            ),
            Claim(
                text="AdamW needs fewer steps than Adam without decay",
                source="at 80 %: 3 495 and 13 215",
                value=Pace("80 %.AdamW", than="80 %.Adam"),
                control=Pace("80 %.RMSprop", than="80 %.AdamW"),
                high=1.0,
            ),
            Claim(
                text="A larger decay takes fewer steps",
                source="at 50 %: 84 231 without, 25 661 with .1, 10 951 with .3, 2 841 with 1",
                value=Pace("80 %.AdamW", than="decay 0.3.AdamW"),
                control=Pace("decay 0.AdamW", than="decay 0.3.AdamW"),
                high=1.0,
            ),
            Claim(
                text="A larger modulus generalises from a share from which a small one does not",
                source="perceptron at 60 %: best test accuracy 5.2 % at p = 23, 90.3 % at 97, 99.1 % at 199",
                value=Number("p = 31.AdamW", *ACCURACY),
                control=Number("p = 11.AdamW", *ACCURACY),
                low=0.95,
            ),
            Claim(
                text="The less the first operand is restricted, the better it generalises",
                source="perceptron, p = 151 at 60 %: test accuracy 98.8 % unrestricted, 90.4 % at a half, 47.3 % at .3",
                value=Number("80 %.AdamW", *ACCURACY),
                control=Number("first operand among 30 %.AdamW", *ACCURACY),
                low=0.95,
            ),
            Claim(
                text="More operands generalise from a smaller share",
                source="p = 31: two operands from 50 % on, three from 10 to 15 % on",
                value=Number("3 operands at 40 %.AdamW", *ACCURACY),
                control=Number("2 operands at 40 %.AdamW", *ACCURACY),
                low=0.95,
            ),
        ),
    ),
)
