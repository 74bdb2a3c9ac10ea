"""Aliases that questions leave open: a design in which a right definition says more than the questions do."""

from mechgrok.analysis import Analysis, Claim, Number, Paired, Panel, Study, grid

NETWORK = "--model.d_model 64 --model.d_head 16 --model.tied"
PARENT = (
    f"train oocl2024 --task.kind residue --task.p 100 {NETWORK} --model.seed {{seed}} --training.seed {{seed}} "
    "--split.kind python-shuffle --split.fraction 0.99 --split.seed {seed} "
    "--optimizer.lr 0.002 --schedule.steps 100 --training.batch 512 --training.steps 6000 --training.evaluate_every 500 "
    "--training.stop.test_loss_below None --training.stop.train_loss_below 0.02 --checkpoints.every 0"
)
CHILD = (
    f"finetune oocl2024-aliases --from {{out}}/residue.parent-s{{seed}} {NETWORK} --model.seed 1{{seed}} --training.seed {{seed}} "
    "--task.operation residue --task.p 100 --task.design_seed {seed} --task.original_held_out 0 "
    "--optimizer.lr 0.003 --training.steps 900 --training.switch_at 600 --checkpoints.every 50"
)
OPEN = "--task.questions 8 --task.held_out 0.75 --task.partners 2 3 4 5 7 8 9 11 --task.ambiguous"
FROZEN = "--freeze body"
TRIALS = {
    "design": f"{OPEN} {FROZEN}",
    "body free": OPEN,
    "more sets": f"{OPEN} {FROZEN} --task.sets DtQ1 DfQ2 Q5 Dt3 Df4 Dn8 N9",
    "tags exchanged": f"{OPEN} {FROZEN} --task.sets DtQ6 DfQ7 Dt3 Df4",
    "tags without meaning": f"{OPEN} {FROZEN} --task.sets DtQ1 DfQ2 DtQ6 DfQ7 Dt3 Df4",
    "identifying": f"--task.questions 20 --task.held_out 0.5 {FROZEN}",
    "leak": f"{OPEN} {FROZEN} --split.leak DtQ1 Dt3",
}
WEAK, STRONG = ("DtQ1", "DfQ2"), ("Dt3", "Df4")
COMPARED = (
    *((trial, *pair, "") for trial in ("design", "body free") for pair in (WEAK, STRONG)),
    ("more sets", "DtQ1", "Q5", "right definitions less none"),
    ("more sets", "DfQ2", "Q5", "wrong definitions less none"),
    *(("more sets", name, "N9", "only defined less never seen") for name in ("Dt3", "Df4", "Dn8")),
    ("tags exchanged", "DtQ6", "DfQ7", "now wrong less right"),
    ("tags exchanged", *STRONG, ""),
    ("tags without meaning", *WEAK, "right less wrong"),
    ("tags without meaning", "DfQ7", "DtQ6", "right less wrong"),
    ("tags without meaning", "DtQ1", "DfQ7", "both right, the tag alone"),
    ("tags without meaning", "DtQ6", "DfQ2", "both wrong, the tag alone"),
    ("tags without meaning", *STRONG, ""),
    ("identifying", *WEAK, ""),
    ("identifying", *STRONG, ""),
    ("leak", *WEAK, ""),
    ("leak", *STRONG, ""),
)
GAPS = "internalisation"
KNOWN = Number("residue.parent", "loss", "accuracy_all")
NAMES = {WEAK: "weak internalisation", STRONG: "strong internalisation"}

ANALYSIS = Analysis(
    name="krasheninnikov2023",
    title="Do definitions say more than questions, and does their tag count?",
    source="Krasheninnikov et al. 2023, arXiv 2310.15047",
    text=(
        "A network that knows the remainders of a mod b, for integers below 100, learns other names for these integers. The two questions "
        "that it is trained on about a name fit several integers, and only a definition tells which; held-out questions have the others as "
        "divisors. Right definitions stand behind one tag and wrong ones behind another."
    ),
    panels=(
        Panel(
            title="What is learnt of each set?",
            text="Accuracy on held-out questions is bounded by what the others leave open, unless definitions are used.",
            measures=("alias-accuracy",),
        ),
        Panel(
            title="Does it matter what the definition says, and behind which tag?",
            text="A weak gap says that right definitions help or wrong ones harm; that the tag counts takes sets with exchanged tags.",
            measures=("internalisation",),
        ),
        Panel(
            title="Does an alias come to lie where its integer does?",
            text="Where embedding and unembedding are one matrix, a definition pulls an alias towards the integer that it names.",
            measures=("alias-alignment",),
        ),
    ),
    study=Study(
        text=(
            "Parents are networks of two layers of attention, width 64, with tied embeddings, trained on the remainders until the "
            "train loss is .02, or for 6000 steps; a seed has its own. Every set has eight questions an integer, with the divisors "
            "2, 3, 4, 5, 7, 8, 9 and 11, six of them held out, and drawn so that the other two leave several integers open. The "
            "body is frozen, except in 'body free'. 600 steps of 128 rows, then 300 of the second stage. 'identifying' asks 20 "
            "questions with any divisors, ten of them held out. The design was found with seeds 0, 1 and 2 on one parent, and not "
            "changed for these."
        ),
        trials=grid({"residue": ""}, {"parent": PARENT} | {name: f"{CHILD} {words}" for name, words in TRIALS.items()}),
        seeds=tuple(range(10, 20)),
        claims=(
            Claim("The parent knows its table", "a condition of the experiment", KNOWN, KNOWN.at_first(), low=0.97),
            *(
                Claim(
                    f"The planted leak shows as {name} internalisation above .3",
                    "a control of the measure",
                    *(Number(f"residue.{trial}", GAPS, f"{name}_low") for trial in ("leak", "design")),
                    low=0.3,
                )
                for name in ("weak", "strong")
            ),
        ),
        paired=(
            *(
                Paired(
                    text=f"{trial}: {one} less {other} ({', '.join(filter(None, [words, NAMES.get((one, other), '')]))})",
                    value=Number(f"residue.{trial}", GAPS, f"accuracy_{one}"),
                    less=Number(f"residue.{trial}", GAPS, f"accuracy_{other}"),
                )
                for trial, one, other, words in COMPARED
            ),
            Paired(
                text="design: cosine of alias and own integer in the embedding, DtQ1 less DfQ2",
                value=Number("residue.design", "alias-alignment", "cosine_DtQ1"),
                less=Number("residue.design", "alias-alignment", "cosine_DfQ2"),
            ),
        ),
    ),
)
