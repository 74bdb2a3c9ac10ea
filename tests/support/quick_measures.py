"""Labels of measures that draw random numbers, with fewer draws than by default."""

QUICK = {
    "learning-coefficient": "learning-coefficient(chains=2, draws=4, burn_in=2)",
    "susceptibility": "susceptibility(draws=4, burn_in=0)",
    "influence": "influence(chains=2, draws=4, burn_in=0)",
    "fourier-families": "fourier-families(controls=1)",
    "anomaly-controls": "anomaly-controls(controls=3)",
    "circuit-efficiency": "circuit-efficiency(steps_of_copies=2)",
    "sharpness": "sharpness(dimension=2, corners=0)",
}
