"""Muon on the matrices of the blocks, AdamW on everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from mechgrok.config import DecayRate, PositiveInt
from mechgrok.errors import UserError
from mechgrok.training.optimizers.optimizer import Decoupled, inside

if TYPE_CHECKING:
    import torch


class Muon(Decoupled):
    """Momentum whose update of each matrix is made orthogonal (Jordan et al. 2024), at AdamW's scale: torch's Muon, and AdamW beside it.

    Muon takes what has two dimensions or more and is no embedding, position or unembedding; heads are a matrix each. AdamW takes the
    rest. A matrix's update is 0.2 sqrt(max(rows, columns)) lr times the orthogonal factor (Liu et al. 2025, arXiv 2502.16982), so one rate
    serves both; decay is decoupled in both.
    """

    kind: Literal["muon"] = "muon"
    momentum: DecayRate = 0.95
    """Decay rate of the mean gradient that is made orthogonal."""
    nesterov: bool = True
    """Mix the gradient into it once more."""
    iterations: PositiveInt = 5
    """Of Newton and Schulz, in bfloat16; 5 bring the singular values to about 0.7 to 1.2."""
    betas: tuple[DecayRate, DecayRate] = (0.9, 0.98)
    """Decay rates of AdamW's two moments."""

    @property
    def may_refuse(self) -> bool:
        return True

    def build(self, parameters: Mapping[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
        from mechgrok.training.muon import MuonAndAdamW

        matrices = {name: parameter for name, parameter in parameters.items() if _is_hidden_matrix(name, parameter.ndim)}
        if not matrices:
            raise UserError("optimizer.kind muon: the network trains no matrices beside its embeddings; use adamw")
        others = {name: parameter for name, parameter in parameters.items() if name not in matrices}
        return MuonAndAdamW(self.groups(matrices, parameters), self.groups(others, parameters), self.torch_muon, self.torch_optimizer)

    def torch_muon(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """torch's Muon of groups of matrices. Raises UserError where torch has none."""
        import torch

        if not hasattr(torch.optim, "Muon"):
            raise UserError(f"optimizer.kind muon needs torch 2.9 or newer, and this is {torch.__version__}; use adamw, or update torch")
        return torch.optim.Muon(
            groups,
            lr=self.lr,
            momentum=self.momentum,
            nesterov=self.nesterov,
            ns_steps=self.iterations,
            adjust_lr_fn="match_rms_adamw",
        )

    def torch_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.AdamW(groups, lr=self.lr, betas=self.betas, fused=True)


def _is_hidden_matrix(name: str, dimensions: int) -> bool:
    return dimensions >= 2 and not inside("embedding", name, dimensions) and not inside("unembedding", name, dimensions)
