"""Which measure tells first that a run will generalise: runs that grok, that learn in part, and that never move."""

from mechgrok.analysis import Analysis, Panel, Study, Trial

COMMON = (
    "train nanda2023 --seed {seed} --split.unordered --optimizer.lr 0.003 --training.steps 1000 --training.evaluate_every 10 "
    "--training.stop.accuracy 0.99 --checkpoints.log_spaced 0"
)
NETWORKS = {
    "transformer": "--model.d_model 64 --model.d_mlp 128 --checkpoints.every 40",
    "quadratic MLP": (
        '--checkpoints.every 20 --task.layout "a b" --model.kind mlp --model.hidden_layers 1 --model.width 128 '
        "--model.activation quadratic --model.no-biases --model.dropout 0"
    ),
}
TASKS = {
    "a + b mod 31": "--task.p 31",
    "ab + a + b mod 31": "--task.p 31 --task.operation ab+a+b",
    "a + b mod 37": "--task.p 37",
}
PLACES = {
    ("a + b mod 31", "transformer"): ((80, 3), (80, 2), (70, 3), (60, 3)),
    ("ab + a + b mod 31", "transformer"): ((80, 3), (70, 3), (60, 3)),
    ("a + b mod 37", "transformer"): ((70, 3),),
    ("a + b mod 31", "quadratic MLP"): ((60, 1), (50, 3), (50, 1), (40, 3), (60, 0)),
    ("ab + a + b mod 31", "quadratic MLP"): ((60, 1), (50, 1), (40, 3)),
    ("a + b mod 37", "quadratic MLP"): ((50, 1), (35, 3)),
}
"""Percent of the table that is trained on, and weight decay."""
TRIALS = tuple(
    Trial(
        task,
        f"{network}, {share} %, decay {decay}",
        f"{COMMON} {TASKS[task]} {NETWORKS[network]} --split.fraction {share / 100} --optimizer.weight_decay {decay}",
    )
    for (task, network), places in PLACES.items()
    for share, decay in places
)

ANALYSIS = Analysis(
    name="early_warning",
    title="Which measure tells first that a run will generalise?",
    source=(
        "the leads of class-separation (arXiv 2604.20923), state-entropy (2604.13123) and frequency-synchronisation (2606.12966), and a "
        "level criterion that fires in every run (2605.08119)"
    ),
    text=(
        "A measure that moves before the test accuracy does in runs that grok is a warning only where it stays still in runs that do not. "
        "All measures with a number at each checkpoint are read before the test accuracy moves, and judged by whether they tell the runs "
        "that grok soon from the others: docs/early-warning.md."
    ),
    panels=(
        Panel(
            title="Losses, margins, answers",
            text="The test loss is a rival: it is the first that a user looks at.",
            measures=("label-probability", "loss", "margin", "offset-errors", "symmetry-violation"),
        ),
        Panel(
            title="Spectra and geometry of the weights",
            text="Sparse spectra and round embeddings are said to come before the test accuracy.",
            measures=(
                "circularity",
                "embedding-spectrum",
                "embedding-symmetry",
                "fourier-density",
                "gini",
                "neuron-logit-spectrum",
                "representation-quality",
                "spectral-concentration",
                "token-groups",
                "token-map",
            ),
        ),
        Panel(
            title="Neurons, attention, states",
            text="Single frequencies, alignment and separation of what the network computes.",
            measures=(
                "attention-fit",
                "class-separation",
                "commutativity",
                "frequency-synchronisation",
                "inverse-participation",
                "neuron-frequencies",
                "phase-alignment",
                "state-entropy",
            ),
        ),
        Panel(
            title="Parts of the logits",
            text="How much of the logits a few waves are, and what the network loses without them.",
            measures=(
                "distance-irrelevance",
                "equivariance",
                "excluded-loss",
                "gradient-symmetricity",
                "logit-cosines",
                "logit-fve",
                "logit-profile",
                "restricted-loss",
            ),
        ),
        Panel(
            title="Norms, ranks, gradients",
            text="The weight norm is a rival: it falls while decay removes what was memorised.",
            measures=(
                "activation-rank",
                "gradient-norms",
                "numerical-health",
                "parameter-norms",
                "ranks",
                "weight-histogram",
                "weight-norms",
            ),
        ),
    ),
    study=Study(
        text=(
            "Of no paper: small networks modulo 31 and 37, whose splits keep (a, b) and (b, a) together, so that no test row is given away "
            "by its mirror. A run ends at a test accuracy of .99 or at step 1000."
        ),
        trials=TRIALS,
        seeds=tuple(range(7)),
        claims=(),
    ),
)
