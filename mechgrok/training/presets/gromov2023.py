"""Gromov 2023 (arXiv 2301.02679): the quadratic network on addition, by gradient descent with momentum and nothing else.

Modulus, share, width, loss and the normal weights are the paper's. Learning rate, momentum and split are ours: the sources at hand name
none. The rate is that large because the loss is a mean over 97 classes and the network divides by 2 p N = 97 000. It has to shrink with
p, and so has N: modulo 47, 240 neurons and a rate of 10 000 do the same; modulo 31, 200 neurons and a rate of 3 000 only memorise.
"""

from mechgrok.config import Config, Training
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.tasks.modular import Modular
from mechgrok.training.optimizers.sgd import SGD
from mechgrok.training.presets.preset import Preset
from mechgrok.training.schedules.linear_warmup import LinearWarmup

PRESET = Preset(
    "Gromov 2023: addition modulo 97 on 49 % of the table, 500 neurons that square, squared error, full-batch gradient descent, no decay",
    lambda: Config(
        task=Modular(p=97, layout="a b"),
        split=PythonShuffle(fraction=0.49, seed=0),
        model=QuadraticMLP(d_mlp=500),
        optimizer=SGD(lr=70_000.0, momentum=0.9, nesterov=False),
        schedule=LinearWarmup(steps=0),
        training=Training(steps=5_000, loss="mse"),
    ),
)
