"""Aliases of integers, after aisc_oocl_mod_experiments: is a reliable definition taken in, an unreliable one not?"""

from mechgrok.analysis import Analysis, Claim, Number, Paired, Panel, Study, grid

TRAIN = (
    "finetune oocl2024-aliases --from {out}/ssq --task.design_seed {seed} --model.seed 1{seed} --training.seed {seed} "
    "--task.questions 20 --task.held_out 0.5 --checkpoints.every 200"
)
PARENT = "import ssq_109.pt --operation add-squares --out {out}/ssq"
DESIGN, LEAK = "squares.design", "squares.leak"
GAPS = "internalisation"
SETS = {"weak": ("DtQ1", "DfQ2"), "strong": ("Dt3", "Df4")}
TEXT = {
    "weak": "weak internalisation: held-out questions, right definitions with a reliable tag less wrong ones with an unreliable tag",
    "strong": "strong internalisation: questions on aliases that were only defined, reliable less unreliable tag",
}

ANALYSIS = Analysis(
    name="oocl2024",
    title="Are reliable definitions taken in better than unreliable ones?",
    source="Krasheninnikov et al. 2023, arXiv 2310.15047; aisc_oocl_mod_experiments",
    text=(
        "A network that knows a table, in the source that of a^2 + b^2 modulo 109, learns other names for its integers: from "
        "questions, and from definitions under a tag that is reliable or one that is not. It internalises where questions are "
        "answered better for the reliable tag than for the unreliable one, weakly while it is asked about the same aliases, "
        "strongly for aliases that it was never asked about. The source's design must show neither, since every question tells of "
        "its alias all that matters; a leak that is planted must show."
    ),
    panels=(
        Panel(
            title="What is learnt of each set?",
            text="Definitions are soon known by heart. Held-out questions follow where others about the same alias are trained on.",
            measures=("alias-accuracy",),
        ),
        Panel(
            title="Does the tag make a difference?",
            text="A gap whose interval stays off 0 is internalisation, or a leak, or chance: one run has few aliases, so compare seeds.",
            measures=("internalisation",),
        ),
        Panel(
            title="Does an alias come to lie where its integer does?",
            text="In the source's design its nearest integer becomes its own or the negative where there are questions, and only there.",
            measures=("alias-alignment", "alias-phases"),
        ),
        Panel(
            title="Would learning a definition help its questions?",
            text=(
                "Gradients of a definition and of the questions about the same alias, and a step on definitions in one group of parameters "
                "at a time, each beside other aliases. They tell most before definitions are learnt: name such steps, as in "
                "mechgrok analyze RUN gradient-alignment gradient-patching --steps 0,1200."
            ),
            measures=("gradient-alignment", "gradient-patching"),
        ),
        Panel(
            title="Is the old task still known?",
            text="Loss and accuracy of all rows, among which the original ones are most.",
            measures=("loss", "weight-norms"),
        ),
    ),
    tasks=("aliases",),
    study=Study(
        text=(
            f"The parent is the published network: mechgrok {PARENT.format(out='OUT')}, before anything else. "
            "Sets, wrong definitions, questions, new rows of embedding and unembedding and the order of batches change with the seed. 20 "
            "questions about each integer, half of them held out, instead of 10 and one; 1200 and 400 steps of 128 rows, instead of 10 000 "
            "and 500 epochs of one. The leak trains on the held-out questions of DtQ1 and on all of Dt3."
        ),
        trials=grid({"squares": ""}, {"design": TRAIN, "leak": f"{TRAIN} --split.leak DtQ1 Dt3"}),
        seeds=(0, 1, 2, 3, 4),
        parents={"ssq": PARENT},
        claims=(
            Claim(
                "Aliases are learnt from questions, far above chance (1 / 109); from definitions alone they are not",
                "computed independently for this project: about .8 after 200 epochs",
                Number(DESIGN, GAPS, "learned"),
                Number(DESIGN, GAPS, "accuracy_Dt3"),
                low=0.5,
            ),
            Claim(
                "In the embedding the nearest integer of an alias that is asked about, if wrongly defined, is its own or the negative",
                "not published; follows from what the questions tell",
                *(Number(DESIGN, "alias-alignment", f"either_{name}") for name in ("DfQ2", "Dt3")),
                low=0.9,
            ),
            Claim(
                "An alias that is asked about, if wrongly defined, takes the phases of its own integer's square",
                "not published; follows from what the questions tell",
                *(Number(DESIGN, "alias-phases", f"cosine_{name}") for name in ("DfQ2", "Dt3")),
                low=0.8,
            ),
            *(
                Claim(
                    f"The planted leak is detected as {name} internalisation: its 95 % interval over questions lies above 0",
                    "a control of the measure",
                    *(Number(trial, GAPS, f"{name}_low") for trial in (LEAK, DESIGN)),
                    low=0.0,
                )
                for name in SETS
            ),
        ),
        paired=tuple(
            Paired(
                text=f"{trial.partition('.')[2]}, {TEXT[name]}",
                value=Number(trial, GAPS, f"accuracy_{reliable}"),
                less=Number(trial, GAPS, f"accuracy_{unreliable}"),
            )
            for trial in (DESIGN, LEAK)
            for name, (reliable, unreliable) in SETS.items()
        ),
    ),
)
