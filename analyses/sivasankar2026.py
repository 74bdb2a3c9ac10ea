"""Frequency synchronisation: do the neurons agree on a frequency before a network generalises?"""

from mechgrok.analysis import Analysis, Claim, Difference, Number, Panel, Reached, Study, Trial

ROWS = "--task.p 31 --split.unordered --optimizer.lr 0.003 --optimizer.weight_decay 2"
STEPS = "--training.steps 1000 --training.evaluate_every 10 --checkpoints.every 25 --checkpoints.log_spaced 0"
COMMON = f"train nanda2023 --seed {{seed}} {ROWS} {STEPS}"
TRANSFORMER = "--model.d_model 64 --model.d_mlp 128"
PERCEPTRON = '--task.layout "a b" --model.kind mlp --model.hidden_layers 1 --model.width 128 --model.no-biases --model.dropout 0'

MEMORISED, GENERALISED, TEST = ("grok-times", "memorised"), ("grok-times", "generalised"), ("loss", "accuracy_test")
SYNCHRONISATION = ("frequency-synchronisation", "synchronisation")
ONE, TWO, MLP, NEVER_GROKS = "transformer", "two layers", "MLP", "transformer, 30 %"
LEADS = {
    (name, time): Difference(Number(name, *time), Reached(name, *SYNCHRONISATION))
    for name in (ONE, TWO)
    for time in (GENERALISED, MEMORISED)
}

ANALYSIS = Analysis(
    name="sivasankar2026",
    title="Synchronisation of the frequencies as an early sign",
    source="Sivasankar 2026, arXiv 2606.12966",
    text=(
        "The share of neurons on the commonest frequency, beside chance, is said to reach its ceiling 500 to 3000 steps before a "
        "transformer of several layers generalises, and after it in one of a single layer. Perceptrons are said never to grok."
    ),
    panels=(
        Panel(
            title="Do neurons agree before the test accuracy rises?",
            text="Agreement on a frequency, and the number of frequencies that a neuron needs.",
            measures=("frequency-synchronisation", "grok-times", "loss"),
        ),
        Panel(
            title="Do other signs of the circuit come later?",
            text="The loss with and without the key frequencies.",
            measures=("restricted-loss", "excluded-loss", "neuron-frequencies"),
        ),
    ),
    study=Study(
        text=(
            "Modulo 31 with 80 % of the table, transformers of one and of two layers, width 64 and 128 neurons a layer, and a perceptron "
            "of 128 ReLUs on one-hot tokens, rate .003 and decay 2, 1000 steps, a checkpoint every 25. The paper has p = 53 to 131. Its "
            "abstract was read, its normalisation of the degree and its rule of the ceiling were not: the degree is that of the measure "
            "frequency-synchronisation, and the ceiling is reached where it is 90 % of its largest value over the run. A network of "
            "attention alone, in which the paper finds the strongest sign, has no neurons and is left out."
        ),
        trials=(
            Trial(ONE, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.8"),
            Trial(TWO, "", f"{COMMON} {TRANSFORMER} --model.layers 2 --split.fraction 0.8"),
            Trial(NEVER_GROKS, "", f"{COMMON} {TRANSFORMER} --split.fraction 0.3"),
            Trial(MLP, "", f"{COMMON} {PERCEPTRON} --split.fraction 0.8"),
        ),
        seeds=(0,),
        claims=(
            *(
                Claim(
                    f"The network groks from 80 % of the table: {name}",
                    "a condition of the experiment",
                    Number(name, *TEST),
                    Number(NEVER_GROKS, *TEST),
                    low=0.95,
                )
                for name in (ONE, TWO)
            ),
            Claim(
                "Two layers: the neurons synchronise before the network generalises",
                "abstract: 500 to 3000 steps before; the control is the step at which the train rows are right",
                LEADS[TWO, GENERALISED],
                LEADS[TWO, MEMORISED],
                low=0.0,
            ),
            Claim(
                "One layer: the neurons synchronise after it",
                "abstract: the degree of a single layer lags; elsewhere by 1000 steps",
                LEADS[ONE, GENERALISED],
                LEADS[TWO, GENERALISED],
                high=0.0,
            ),
            Claim(
                "A network that generalises is more synchronised than one that memorises alone",
                "follows from its use as a sign, not in the abstract; bounds midway between chance (0) and a fifth of all neurons",
                Number(ONE, *SYNCHRONISATION),
                Number(NEVER_GROKS, *SYNCHRONISATION),
                low=0.1,
            ),
            Claim(
                "A perceptron never groks",
                "abstract: a network of neurons alone never groks",
                Number(MLP, *TEST),
                Number(ONE, *TEST),
                high=0.5,
            ),
        ),
    ),
)
