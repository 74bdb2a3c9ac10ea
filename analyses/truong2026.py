"""Entropy of the hidden state: does it fall before a network generalises, and does its fall suffice?"""

from mechgrok.analysis import Analysis, Claim, Difference, Number, Panel, Study, Trial

ROWS = "--task.p 31 --split.unordered --optimizer.lr 0.003 --optimizer.weight_decay 2"
STEPS = "--training.steps 1000 --training.evaluate_every 10 --checkpoints.every 25 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {ROWS} {STEPS}"
TRANSFORMER = "--model.d_model 64 --model.d_mlp 128"
PERCEPTRON = '--task.layout "a b" --model.kind mlp --model.hidden_layers 1 --model.width 128 --model.no-biases --model.dropout 0'

BELOW, MEMORISED, GENERALISED = ("state-entropy", "below_from"), ("grok-times", "memorised"), ("grok-times", "generalised")
ENTROPY, TEST = ("state-entropy", "entropy"), ("loss", "accuracy_test")
GROKS, NEVER_GROKS, MLP = "transformer", "transformer, 30 %", "MLP"
THRESHOLD = 0.609

ANALYSIS = Analysis(
    name="truong2026",
    title="Entropy of the hidden state",
    source="Truong et al. 2026, arXiv 2604.13123",
    text=(
        "The entropy of the eigenvalues of the covariance of the last hidden state, over its largest possible value, is said to fall below "
        ".61 about a thousand steps before a transformer generalises, in every run. In perceptrons it falls without grokking."
    ),
    panels=(
        Panel(
            title="Does the entropy fall before the test accuracy rises?",
            text="The threshold of the paper is .609.",
            measures=("state-entropy", "grok-times", "loss"),
        ),
        Panel(
            title="Does the norm grow first?",
            text="The paper describes two phases: the norm grows, then the entropy falls.",
            measures=("weight-norms", "activation-rank", "class-separation"),
        ),
    ),
    study=Study(
        text=(
            "Modulo 31 with 80 % of the table, a transformer of one layer, width 64 and 128 neurons, and a perceptron of 128 ReLUs on "
            "one-hot tokens, rate .003 and decay 2, 1000 steps, a checkpoint every 25. The paper has p = 97 and S5. Its abstract was read; "
            "which perceptrons and which layer it means is not in it. Here the state is the vector that the last matrix maps to the logits."
        ),
        trials=(
            Trial(GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.8"),
            Trial(NEVER_GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.3"),
            Trial(MLP, "", f"{COMMON} {PERCEPTRON} --split.fraction 0.8"),
        ),
        seeds=(0,),
        claims=(
            Claim(
                "The network groks from 80 % of the table, not from 30 %",
                "a condition of the experiment",
                Number(GROKS, *TEST),
                Number(NEVER_GROKS, *TEST),
                low=0.95,
            ),
            Claim(
                "The entropy ends below .609",
                "abstract: .61, in all runs",
                Number(GROKS, *ENTROPY),
                Number(GROKS, *ENTROPY, at="first"),
                high=THRESHOLD,
            ),
            Claim(
                "It is below it before the network generalises",
                "abstract: 1020 steps before; the control is the step at which the train rows are right",
                *(Difference(Number(GROKS, *time), Number(GROKS, *BELOW)) for time in (GENERALISED, MEMORISED)),
                low=0.0,
            ),
            Claim(
                "A run that memorises alone stays above .609",
                "follows from its use as an order parameter, not in the abstract",
                Number(NEVER_GROKS, *ENTROPY),
                Number(GROKS, *ENTROPY),
                low=THRESHOLD,
            ),
            Claim(
                "The entropy of a perceptron falls below .609, too",
                "abstract: collapse without grokking, so it is necessary and not sufficient",
                Number(MLP, *ENTROPY),
                Number(MLP, *ENTROPY, at="first"),
                high=THRESHOLD,
            ),
            Claim(
                "The perceptron does not grok",
                "abstract: as before",
                Number(MLP, *TEST),
                Number(GROKS, *TEST),
                high=0.5,
            ),
        ),
    ),
)
