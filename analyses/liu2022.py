"""Effective theory of representation learning: parallelograms of the embedding, and four phases of learning."""

from mechgrok.analysis import Analysis, Claim, Number, Panel, Study, Trial

ROWS = "--task.p 31 --split.unordered --split.fraction 0.8 --optimizer.lr 0.003"
STEPS = "--training.steps 1000 --training.evaluate_every 10 --checkpoints.every 500 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {ROWS} {STEPS} --model.d_model 64 --model.d_mlp 128"
WEAK, GROKS, STRONG = "decay 0", "decay 2", "decay 30"
TEST, TRAIN, CIRCLES = ("loss", "accuracy_test"), ("loss", "accuracy_train"), ("circularity", "circularity")
QUALITY = {
    "modulo p": Number(GROKS, "representation-quality", "rqi"),
    "as integers": Number(GROKS, "representation-quality(sums=integers)", "rqi"),
}
PHASES = "abstract: memorisation, grokking and comprehension, confusion"

ANALYSIS = Analysis(
    name="liu2022",
    title="Towards understanding grokking: representations and phases of learning",
    source="Liu, Kitouni, Nolte, Michaud, Tegmark, Williams 2022, arXiv 2205.10343",
    text=(
        "Generalisation comes from a structured embedding. In the toy model of the paper, which adds integers, tokens with equal sums form "
        "parallelograms, and the share of them (RQI) gives the accuracy. Networks learn such a representation between two zones: with too "
        "little decay they memorise, with too much they learn nothing (confusion)."
    ),
    panels=(
        Panel(
            title="In which phase is the run?",
            text="Train and test accuracy, and when they rise.",
            measures=("loss", "grok-times", "weight-norms"),
        ),
        Panel(
            title="Is the embedding structured?",
            text="Parallelograms, as on a line, and circles, as networks that add modulo p have them.",
            measures=("representation-quality", "representation-quality(sums=integers)", "circularity", "embedding-spectrum"),
        ),
    ),
    study=Study(
        text=(
            "A transformer of one layer modulo 31 with 80 % of the table, width 64 and 128 neurons, rate .003, 1000 steps, decay 0, 2 and "
            "30. The toy model of the paper (embeddings of one dimension, integer sums, squared error) is not trained here; the claims are "
            "its statements carried over to addition modulo p, and its phases. The abstract was read; the definition of RQI is that of the "
            "measure, the accuracy of .9 that divides the phases is from memory."
        ),
        trials=tuple(Trial(f"decay {decay}", "", f"{COMMON} --optimizer.weight_decay {decay}") for decay in (0, 2, 30)),
        seeds=(0,),
        claims=(
            Claim("With decay 2 the network generalises", PHASES, Number(GROKS, *TEST), Number(GROKS, *TEST, at="first"), low=0.9),
            Claim("Without decay it memorises: test rows stay wrong", PHASES, Number(WEAK, *TEST), Number(GROKS, *TEST), high=0.9),
            Claim("Its train rows are right", PHASES, Number(WEAK, *TRAIN), Number(WEAK, *TEST), low=0.9),
            Claim(
                "With too much decay it learns nothing: train rows stay wrong",
                PHASES,
                Number(STRONG, *TRAIN),
                Number(GROKS, *TRAIN),
                high=0.9,
            ),
            *(
                Claim(
                    f"Tokens come to lie on circles between the zones, not with {other}",
                    "abstract: representations are learnt in a Goldilocks zone only; circles of addition modulo p are from memory",
                    Number(GROKS, *CIRCLES),
                    Number(other, *CIRCLES),
                    low=0.9,
                )
                for other in (WEAK, STRONG)
            ),
            *(
                Claim(
                    f"Its embedding has parallelograms, sums {words}: RQI above one half",
                    "abstract: generalisation comes from structured representations; RQI 1 in the toy model, from memory",
                    number,
                    number.at_first(),
                    low=0.5,
                )
                for words, number in QUALITY.items()
            ),
        ),
    ),
)
