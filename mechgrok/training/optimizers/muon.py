"""Muon for the matrices of the blocks, AdamW for all other parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from mechgrok.config import DecayRate, PositiveInt
from mechgrok.errors import UserError
from mechgrok.training.optimizers.optimizer import Decoupled, inside

if TYPE_CHECKING:
    import torch


class Muon(Decoupled):
    """torch's Muon, momentum with an orthogonalised update of each matrix (Jordan et al. 2024), and AdamW for all other parameters.

    Muon is applied to parameters with two or more dimensions, except embeddings, positions and the unembedding; each head is one matrix.
    The update of a matrix is 0.2 sqrt(max(rows, columns)) lr times the orthogonal factor (Liu et al. 2025, arXiv 2502.16982), so both have
    the same learning rate. Decay is decoupled in both.
    """

    kind: Literal["muon"] = "muon"
    momentum: DecayRate = 0.95
    """Decay rate of the mean gradient, which is orthogonalised."""
    nesterov: bool = True
    """Nesterov momentum: add the current gradient to the mean once more."""
    iterations: PositiveInt = 5
    """Newton-Schulz iterations, in bfloat16; 5 of them bring the singular values to about 0.7 to 1.2."""
    betas: tuple[DecayRate, DecayRate] = (0.9, 0.98)
    """Decay rates of AdamW's two moments."""

    @property
    def may_refuse(self) -> bool:
        return True

    def build(self, parameters: Mapping[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
        from mechgrok.training.muon import MuonAndAdamW

        matrices = {name: parameter for name, parameter in parameters.items() if _is_hidden_matrix(name, parameter.ndim)}
        if not matrices:
            raise UserError("optimizer.kind muon: the network trains no matrices besides its embeddings; use adamw")
        others = {name: parameter for name, parameter in parameters.items() if name not in matrices}
        return MuonAndAdamW(self.groups(matrices, parameters), self.groups(others, parameters), self.torch_muon, self.torch_optimizer)

    def torch_muon(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """torch's Muon for groups of matrices. Raises UserError if this version of torch has no Muon."""
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
