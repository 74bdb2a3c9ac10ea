"""Circuit efficiency: ungrokking and semi-grokking around a critical number of rows."""

from mechgrok.analysis import Analysis, Claim, Difference, Number, Panel, Study, Trial

NETWORK = "--task.p 31 --model.d_model 64 --model.d_mlp 128 --optimizer.lr 0.003"
ROWS = "--seed {seed} --split.unordered"
KEPT = "--training.evaluate_every 20 --checkpoints.every 500 --checkpoints.log_spaced 0"
COMMON = f"nanda2023 {ROWS} {NETWORK} {KEPT}"
PARENT = f"train {COMMON} --split.fraction 0.8 --optimizer.weight_decay 2 --training.steps 1000"
CONTINUED = f"finetune {COMMON} --from {{out}}/grokked-s{{seed}} --load all --training.steps 1500"
SCRATCH = f"train {COMMON} --optimizer.weight_decay 2 --training.steps 1500"
CONTINUATIONS = {f"to {percent} %": f"--split.fraction {percent / 100:g} --optimizer.weight_decay 2" for percent in (80, 60, 40, 20, 10)}
OTHER_DECAYS = {f"to 10 %, decay {decay}": f"--split.fraction 0.1 --optimizer.weight_decay {decay}" for decay in (1, 4)}
FROM_SCRATCH = {f"{percent} % from scratch": f"--split.fraction {percent / 100:g}" for percent in (60, 50, 40, 10)}
TEST, TRAIN = ("loss", "accuracy_test"), ("loss", "accuracy_train")
STAYS, FALLS = Number("to 80 %", *TEST), Number("to 10 %", *TEST)
MANY, FEW = "circuit-efficiency(shares=0.8)", "circuit-efficiency(shares=0.1)"
MARGINS = {(measure, circuit): Number("grokked", measure, circuit) for measure in (MANY, FEW) for circuit in ("generalising", "memorising")}

ANALYSIS = Analysis(
    name="varma2023",
    title="Explaining grokking through circuit efficiency",
    source="Varma, Shah, Kenton, Kramár, Kumar 2023, arXiv 2309.02390",
    text=(
        "A memorising circuit needs more weight the more rows it holds, a generalising one does not, so there is a critical number of rows "
        "above which weight decay prefers generalising. A network that has grokked and is trained on fewer rows should forget the rule "
        "(ungrokking); near the critical number it should learn it in part (semi-grokking)."
    ),
    panels=(
        Panel(
            title="Does it grok, stay, or fall?",
            text="Test accuracy of runs that continue a grokked one on fewer rows, and of runs from scratch on as many.",
            measures=("loss", "grok-times", "post-grok-stability"),
        ),
        Panel(
            title="Which circuit is more efficient?",
            text="The margin at one weight norm, memorising random labels or fitting the true ones, by number of rows.",
            measures=("circuit-efficiency", "weight-norms", "margin"),
        ),
        Panel(
            title="Is the circuit still there?",
            text="Loss with the key frequencies alone, and without them.",
            measures=("restricted-loss", "excluded-loss"),
        ),
    ),
    study=Study(
        text=(
            "A transformer of one layer as in the paper, modulo 31 instead of 113, width 64 and 128 neurons instead of 128 and 512, rate "
            ".003 and decay 2 instead of .001 and 1. It is trained on 80 % of the table for 1000 steps, then for 1500 steps on a part of "
            "the same rows, with a new optimiser. (a, b) and (b, a) are on the same side of the split, so no test row is given away by its "
            "mirror. Test rows of a continued run include rows that were trained on before. The abstract of the paper was read, "
            "its sections were not; where a claim is from memory, its source says so."
        ),
        trials=(
            Trial("grokked", "", PARENT),
            *(Trial(name, "", f"{CONTINUED} {flags}") for name, flags in (CONTINUATIONS | OTHER_DECAYS).items()),
            *(Trial(name, "", f"{SCRATCH} {flags}") for name, flags in FROM_SCRATCH.items()),
        ),
        seeds=(0,),
        claims=(
            Claim(
                "The network groks on 80 % of the table",
                "a condition of the experiment",
                Number("grokked", *TEST),
                Number("grokked", *TEST, at="first"),
                low=0.95,
            ),
            Claim("Trained on with the same rows, it stays", "a condition of the experiment", STAYS, FALLS, low=0.95),
            Claim(
                "Ungrokking: trained on with 10 % of the table, its test accuracy falls",
                "abstract: from perfect to low test accuracy; 'low' is taken as below one half",
                FALLS,
                STAYS,
                high=0.5,
            ),
            Claim(
                "It falls to that of a network that has seen these rows alone",
                "from memory: ungrokking ends where training from scratch does",
                Difference(FALLS, Number("10 % from scratch", *TEST)),
                Difference(STAYS, Number("10 % from scratch", *TEST)),
                low=-0.1,
                high=0.1,
            ),
            Claim("Meanwhile all its train rows stay right", "follows from memorising", Number("to 10 %", *TRAIN), FALLS, low=0.99),
            Claim(
                "Above the critical number nothing falls: trained on with 60 % of the table, it stays",
                "from memory: a sharp transition at D_crit",
                Number("to 60 %", *TEST),
                FALLS,
                low=0.9,
            ),
            *(
                Claim(
                    f"The end of ungrokking does not depend on the decay ({decay} instead of 2)",
                    "from memory: its third prediction",
                    Difference(Number(f"to 10 %, decay {decay}", *TEST), FALLS),
                    Difference(STAYS, FALLS),
                    low=-0.1,
                    high=0.1,
                )
                for decay in (1, 4)
            ),
            *(
                Claim(
                    f"Semi-grokking: from scratch, {share} % of the table are learnt in part",
                    "abstract: delayed generalisation to partial test accuracy; here between .1 and .9, near the critical number",
                    Number(f"{share} % from scratch", *TEST),
                    Number("grokked", *TEST),
                    low=0.1,
                    high=0.9,
                )
                for share in (60, 50, 40)
            ),
            Claim(
                "On 80 % of the table generalising has the larger margin at one norm, on 10 % memorising has it",
                "abstract: a critical number of rows at which both are equally efficient",
                *(Difference(MARGINS[rows, "generalising"], MARGINS[rows, "memorising"]) for rows in (MANY, FEW)),
                low=0.0,
            ),
            Claim(
                "Memorising becomes less efficient with more rows, by more than one logit, generalising does not",
                "abstract; one logit is a choice made here, the control asks the same of generalising",
                *(Difference(MARGINS[MANY, circuit], MARGINS[FEW, circuit]) for circuit in ("memorising", "generalising")),
                high=-1.0,
            ),
        ),
    ),
)
