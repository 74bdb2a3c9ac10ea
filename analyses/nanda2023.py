"""Progress measures for grokking via mechanistic interpretability."""

from mechgrok.analysis import Analysis, Claim, Number, Panel, Study, Trial

MAIN, END = "mainline", "continued"
KEPT = "--checkpoints.every 500 --checkpoints.log_spaced 0"
MEMORISED = "1400"
"""The step at which the paper ends memorisation; the network of that step is the control of what is claimed of the last one."""

LOSSES = (
    ("Test loss of the trained network", "section 4", "loss", "test", 2.4e-7),
    ("with its logits replaced by the fitted sum of cosines", "section 4.2", "restricted-loss", "all_cube", 4.7e-8),
    ("with each neuron replaced by its fit at one frequency", "section 4.3", "neuron-replacement", "every_test", 2.48e-7),
    (
        "with the cos and sin w(a + b) parts of the logits alone",
        "section 4.4",
        "component-ablation",
        "phase_only_with_the_constant",
        5.54e-8,
    ),
    ("without the other 113² - 40 components of the logits", "section 4.4", "component-ablation", "blocks_only_with_the_constant", 7.24e-8),
    ("with the MLP's output projected on the ten directions of W_L", "section 4.4", "projection-loss", "span_test", 1.19e-7),
    ("with attention replaced by its linear fit", "section 4.3", "linear-attention-loss", "linear_test", 2.12e-7),
    ("with the key frequencies alone (other seeds)", "appendix", "restricted-loss", "test", 6e-8),
)
"""Statement, place, measure, key and published number; the bounds are half and twice the number."""

COUNTS = (
    ("Cosines and sines of key frequencies, five frequencies", "section 4.2", "projection-loss", "directions", 10),
    ("Share of large Fourier coefficients in W_E, six frequencies of 56", "section 4.1", "fourier-density", "W_E_density", 6 / 56),
    ("Significant components of the logits", "section 4.1", "spectrum-2d", "significant", 20),
    ("Neurons of which one frequency explains over 85 %", "section 4.3", "neuron-frequencies", "specialised", 433),
    ("of these of frequency 14", "section 4.3", "neuron-frequencies", "clusters.14", 44),
    ("Coefficient of cos w(a + b), frequency 14", "table 1", "readout-fit", "coefficient.14.0", 44.6),
    ("Coefficient of sin w(a + b), frequency 14", "table 1", "readout-fit", "coefficient.14.1", 44.1),
    ("Loss with the MLP's output projected on the null space of W_L", "section 4.4", "projection-loss", "null_space_test", 5.27),
    ("Smallest margin over all rows", "released network", "margin", "min_all", 9.61),
    ("Mean margin over all rows", "released network", "margin", "mean_all", 17.12),
    ("Largest margin over all rows", "released network", "margin", "max_all", 21.59),
)
"""The same; the bounds are a fifth below and above the number."""

RANGES = (
    ("Share of the logits that cosines of w(a + b - c) explain", "section 4.2: 95 %", "logit-cosines", "explained", 0.9, 1.0),
    ("Share of key frequencies in W_E", "released network: 93.9 %", "embedding-spectrum", "share_key", 0.889, 0.989),
    ("Residual of W_L after ten directions", "section 4.2: < 0.55 %", "neuron-logit-spectrum", "residual", 0.0, 0.0055),
    ("Mean share of readouts explained, all frequencies", "table 1: 93.2 to 98.2 %", "readout-fit", "mean_fve", 0.932, 0.982),
    ("Share of the cosine readout explained, frequency 14", "table 1: 93.2 to 98.2 %", "readout-fit", "fve.14.0", 0.932, 0.982),
    ("Share of the cosine readout explained, frequency 35", "table 1: 93.2 to 98.2 %", "readout-fit", "fve.35.0", 0.932, 0.982),
    ("Share of the cosine readout explained, frequency 42", "table 1: 93.2 to 98.2 %", "readout-fit", "fve.42.0", 0.932, 0.982),
    ("Share of the cosine readout explained, frequency 52", "table 1: 93.2 to 98.2 %", "readout-fit", "fve.52.0", 0.932, 0.982),
    (
        "Share of attention that is linear in waves of one frequency",
        "section 4.3: 97.9 to 99.1 %",
        "attention-fit",
        "mean_fve",
        0.979,
        0.991,
    ),
    ("Attention of '=' to itself", "section 4.3: 0.1 to 0.4 %", "attention-fit", "elsewhere", 0.001, 0.004),
    ("Train loss without the key frequencies (other seeds)", "appendix: 6.5 to 11", "excluded-loss", "train", 6.5, 11.0),
    ("Test accuracy", "section 4: 100 %", "loss", "accuracy_test", 0.9999, 1.0001),
)
"""Statement, place with the published range, measure, key and bounds; shares of one digit or two have bounds five points away."""

TIMES = (
    ("All train rows are right", "repetitions: step 136", "grok-times", "memorised", 109, 163, "generalised"),
    ("The test rows follow (decay 1)", "appendix: steps 5 000 to 10 000", "grok-times", "generalised", 5e3, 1e4, "memorised"),
    ("Memorisation ends", "section 5.2: step 1 400", "phase-boundaries", "memorisation_ends", 1120, 1680, "circuit_formation_ends"),
    ("Circuit formation ends", "section 5.2: step 9 400", "phase-boundaries", "circuit_formation_ends", 7520, 11280, "memorisation_ends"),
    ("Clean-up ends", "section 5.2: step 14 000", "phase-boundaries", "cleanup_ends", 11200, 16800, "memorisation_ends"),
)
"""Statement, place, measure, key, bounds a fifth away, and the key of another event, which is the control."""

BOUNDED = (
    *((text, f"{place}: {found:g}", measure, key, found / 2, found * 2) for text, place, measure, key, found in LOSSES),
    *((text, f"{place}: {found:.3g}", measure, key, found * 0.8, found * 1.2) for text, place, measure, key, found in COUNTS),
    *RANGES,
)
CONTROLS = {
    **{(measure, key): ("readout-fit(keys=14,35,42,52)", key) for _, _, measure, key, *_ in BOUNDED if measure == "readout-fit"},
    ("neuron-frequencies", "clusters.14"): ("neuron-frequencies", "specialised"),
    ("projection-loss", "directions"): ("projection-loss(keys=own)", "directions"),
}
"""Measure and key of the control, where the network that has memorised has other key frequencies."""
CLAIMS = (
    *(
        Claim(text, source, Number(END, measure, key), Number(MAIN, *CONTROLS.get((measure, key), (measure, key)), at=MEMORISED), low, high)
        for text, source, measure, key, low, high in BOUNDED
    ),
    *(
        Claim(text, source, Number(MAIN, measure, key), Number(MAIN, measure, other), low, high)
        for text, source, measure, key, low, high, other in TIMES
    ),
)

ANALYSIS = Analysis(
    name="nanda2023",
    title="Progress measures for grokking via mechanistic interpretability",
    source="Nanda, Chan, Lieberum, Smith, Steinhardt 2023, arXiv 2301.05217",
    text=(
        "The paper's one-layer transformer adds modulo p by rotations: it writes a and b as cosines and sines of a few key frequencies, "
        "multiplies them into those of a + b, and reads off c by cos w(a + b - c). The panels ask of this network, whichever it is, "
        "whether it does so, from the loss to the weights."
    ),
    panels=(
        Panel(
            title="Has it grokked?",
            text=(
                "Train loss falls early, test loss long after it, when the train loss has nothing more to tell. The times say when, the "
                "phases what happened in between."
            ),
            measures=("loss", "grok-times", "phase-boundaries", "post-grok-stability"),
        ),
        Panel(
            title="Which frequencies does it use?",
            text=(
                "A network that generalises spends its embedding and its neuron-logit map on a few frequencies, the same in both. "
                "The Gini coefficient says in one number how few."
            ),
            measures=("key-frequencies", "embedding-spectrum", "neuron-logit-spectrum", "gini", "fourier-density", "circularity"),
        ),
        Panel(
            title="What does it compute?",
            text=(
                "Logits that are sums of cos w_k(a + b - c) over the key frequencies, from neurons that each work at one of them and read "
                "what attention brings. Networks may add the angles in two ways, as a clock or as a pizza."
            ),
            measures=(
                "logit-cosines",
                "equivariance",
                "clock-pizza",
                "spectrum-2d",
                "neuron-frequencies",
                "readout-fit",
                "attention-fit",
                "activation-map",
                "activation-map(site=neurons)",
            ),
        ),
        Panel(
            title="Progress measures",
            text=(
                "Restricted loss keeps the key frequencies alone and falls before the test loss does; excluded loss takes them away "
                "and rises while the network still memorises. Between them they show the circuit forming before the test loss does."
            ),
            measures=("restricted-loss", "excluded-loss"),
        ),
        Panel(
            title="Does it need what it was found to use?",
            text=(
                "Each claim about a part is tested by taking the part away, or by keeping it alone. Random frequencies, as many, say what "
                "any such intervention does."
            ),
            measures=("frequency-ablation", "component-ablation", "projection-loss", "neuron-replacement", "linear-attention-loss"),
        ),
        Panel(
            title="What happens to the weights?",
            text=(
                "Weight decay cleans up: the sum of squares falls fastest once the circuit carries the task and memorisation is no "
                "longer needed."
            ),
            measures=("weight-norms", "ranks", "trajectory-pca", "numerical-health"),
        ),
    ),
    study=Study(
        text=(
            "One run, seed 0, with the released code's initial weights and rows. It has 20 000 steps where the paper has 40 000: 15 000, "
            "and 5 000 that start from their last weights with new moments of the optimiser. Bounds follow one rule: losses below 1 nat "
            "within a factor of two, other losses, counts, coefficients, margins, steps and the share of large coefficients within a "
            "fifth, other shares within five points, published ranges as they are, and accuracy above .9999. The control is the same "
            "number in the network of step 1 400, which has memorised; that of the neurons of one frequency is the number of all "
            "specialised neurons there, that of an event another event."
        ),
        trials=(
            Trial(MAIN, "", "train nanda2023 --seed {seed} --training.steps 15000"),
            Trial(END, "", f"finetune nanda2023 --from {{out}}/{MAIN}-s{{seed}} --load all --seed {{seed}} --training.steps 5000 {KEPT}"),
        ),
        seeds=(0,),
        claims=CLAIMS,
    ),
)
