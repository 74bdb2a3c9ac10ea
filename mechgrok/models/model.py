"""The interface of a model: the part of a config that becomes a network on a task."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from mechgrok.config import Part
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor
    from transformer_lens.HookedRootModule import HookedRootModule

    from mechgrok.models.network import Network


class Model(Part):
    """The sizes, options and initialisation of a network, before its task is known.

    A subclass has a `kind`, its options as fields, a `seed` of its initial weights, and the two abstract methods. It imports torch
    inside them, so that a config can be read without it.

    Examples
    --------
    >>> from mechgrok.models.mlp import MLP
    >>> from mechgrok.tasks.modular import Modular
    >>> model, task = MLP(hidden_layers=1, width=4), Modular(p=5)
    >>> {name: tuple(tensor.shape) for name, tensor in sorted(model.initial(task).items())}
    {'blocks.0.mlp.W_out': (4, 6), 'blocks.0.mlp.b_in': (4,), 'blocks.0.mlp.b_out': (6,), 'embed.W_E': (2, 6, 4)}
    """

    @abstractmethod
    def architecture(self, task: Task) -> Network:
        """Make the network of this model on a task.

        Parameters
        ----------
        task : Task
            Its vocabulary, classes and row length set the sizes of the network.

        Returns
        -------
        Network
            The function of weights. A `UserError` is raised where model and task do not fit.
        """

    @abstractmethod
    def initial(self, task: Task) -> dict[str, Tensor]:
        """Draw initial weights from the model's seed; the caller's random numbers stay as they are.

        Parameters
        ----------
        task : Task

        Returns
        -------
        dict of str to Tensor, float32
            Every parameter by its TransformerLens name.
        """

    def build(self, task: Task) -> HookedRootModule:
        """Make a torch module with hook points and initial weights.

        Parameters
        ----------
        task : Task

        Returns
        -------
        HookedRootModule
            On the CPU, in float32.
        """
        return self.architecture(task).module(self.initial(task))
