"""The transformer: attention and MLPs, in few layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from mechgrok.config import Depth, NonNegativeInt, PositiveInt
from mechgrok.errors import UserError
from mechgrok.models.model import Model
from mechgrok.models.options import Activation, Normalization, Positions
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor
    from transformer_lens.HookedRootModule import HookedRootModule

    from mechgrok.models.architecture import Architecture


class Transformer(Model):
    """A transformer in one of many forms. The defaults are the model of Nanda et al. 2023 (arXiv 2301.05217, section 3)."""

    kind: Literal["transformer"] = "transformer"
    layers: Depth = 1
    """Blocks of attention and MLP."""
    d_model: PositiveInt = 128
    """Width of the residual stream."""
    heads: PositiveInt = 4
    """Attention heads a layer."""
    d_head: PositiveInt | None = None
    """Width of a head; by default d_model // heads."""
    d_mlp: PositiveInt = 512
    """Neurons a layer."""
    activation: Activation = "relu"
    """Of the neurons; gelu is the exact one, x times the normal distribution function, gelu_new its approximation by tanh; quadratic is
    x^2, silu x sigmoid(x), and identity x."""
    normalization: Normalization | None = None
    """LN: LayerNorm with weights and biases before attention, MLP and unembedding; LNPre: without weights and biases; post: with both,
    after each addition and nowhere else; post-unbiased: divided by the standard deviation over d_model - 1, as Inglis has it. RMS, RMSPre
    and postRMS: RMSNorm, x / sqrt(mean x^2 + eps), at the places of LN, LNPre and post; RMS and postRMS with weights."""
    final_norm: bool | None = None
    """Whether a norm of that kind comes before the unembedding. By default it does where the norms come before attention and MLP, and does
    not where they come after the additions."""
    eps: Annotated[float, Field(ge=0, lt=1)] = 1e-5
    """Of the norms: added to the variance or the mean square; with post-unbiased to the standard deviation."""
    attn_only: bool = False
    """Leave the MLPs out."""
    attention_coefficient: Annotated[float, Field(ge=0, le=1)] = 1.0
    """c of Zhong et al. 2023: attention weights w become c w + 1 - c for all tokens up to the own, so at 0 each of them counts fully."""
    attention_direction: Literal["causal", "bidirectional"] = "causal"
    """causal: a position attends to those up to its own; bidirectional: to all."""
    softmax: Literal["softmax", "softmax1"] = "softmax"
    """softmax1: exp(s_i) / (1 + sum_j exp(s_j)), so that a head may attend to nothing."""
    registers: NonNegativeInt = 0
    """Learned vectors behind the tokens that every position sees and that see every position."""
    no_residual: bool = False
    """Do not add what goes into attention and MLP to what comes out, so that a block hands on what its MLP writes and no more."""
    positions: Positions = "learned"
    """Position embedding: a trained one, none (the causal mask alone), or fixed sines and cosines; rotary: queries and keys are rotated,
    their entries i and i + d_head / 2 by pos / rotary_base^(2i / d_head); alibi: the score of a key at distance d is lowered by
    2^(-8 h / heads) d in head h = 1, 2, ..., (Press et al. 2022)."""
    rotary_base: Annotated[float, Field(gt=1)] = 10000.0
    """Base of the frequencies of rotary positions."""
    gated: bool = False
    """Multiply the neurons by a second map of their input: act(x W_gate + b_gate) (x W_in + b_in)."""
    pooling: Literal["last", "mean"] = "last"
    """Input of the unembedding: the last position, or the mean over all positions."""
    tied: bool = False
    """Read the logits with the transpose of the embedding; needs as many classes as tokens."""
    mlp_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of what the MLPs write that is dropped in training."""
    n_ctx: PositiveInt | None = None
    """Positions that have an embedding; by default the task's row length."""
    biases: Literal["all", "blocks", "mlp", "none"] = "mlp"
    """Which biases are trained; the others stay at zero. blocks: of attention and MLP. The paper trains those of the MLP, TransformerLens'
    grokking demo none. A LayerNorm after the additions has its bias trained in any case, one before them only with all."""
    init: Literal["nanda2023", "transformer_lens", "furuta2024", "inglis2023", "devon2024", "power2022"] = "nanda2023"
    """nanda2023: the paper's, drawn in its order and scales; transformer_lens: the library's (normal, 0.8 / sqrt(d_model)); furuta2024 and
    inglis2023: those draws in the scales of these codes; devon2024 and power2022: PyTorch's own, as these codes have them."""
    seed: NonNegativeInt = 0
    """Seed of the initial weights."""

    @model_validator(mode="after")
    def _heads_fit(self) -> Self:
        if self.d_head is None and self.d_model % self.heads:
            raise ValueError(f"d_model {self.d_model} is no multiple of {self.heads} heads; set d_head, or change one of them")
        return self

    @model_validator(mode="before")
    @classmethod
    def _no_mlp_no_biases_of_it(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("attn_only") is True and "biases" not in values:
            return values | {"biases": "none"}
        return values

    @model_validator(mode="after")
    def _mlp_biases_need_an_mlp(self) -> Self:
        if self.attn_only and self.biases == "mlp":
            raise ValueError('without an MLP there are no MLP biases to train; set biases to "all" or "none"')
        return self

    @model_validator(mode="after")
    def check_devon2024_heads(self) -> Self:
        if self.init == "devon2024" and self.d_head not in (None, self.d_model / self.heads):
            raise ValueError(f"init devon2024 has heads of width d_model / heads; leave d_head {self.d_head} away")
        return self

    @model_validator(mode="after")
    def _rotations_are_of_pairs(self) -> Self:
        width = self.d_head or self.d_model // self.heads
        if self.positions == "rotary" and (width % 2 or self.registers):
            raise ValueError(f"rotary positions need heads of even width, not {width}, and no registers; set d_head or positions")
        return self

    @model_validator(mode="after")
    def _registers_have_no_distance(self) -> Self:
        if self.positions == "alibi" and self.registers:
            raise ValueError("with positions alibi there are no registers, which have no distance; set registers to 0")
        return self

    @model_validator(mode="after")
    def _final_norm_needs_a_kind(self) -> Self:
        if self.final_norm and self.normalization is None:
            raise ValueError("final_norm needs the kind of norm; set normalization, or leave final_norm away")
        return self

    @model_validator(mode="after")
    def _dropout_needs_an_mlp(self) -> Self:
        if self.mlp_dropout and self.attn_only:
            raise ValueError("without an MLP there is nothing to drop; leave mlp_dropout at 0")
        return self

    def architecture(self, task: Task) -> Architecture:
        """The sizes of this model on a `task`.

        Raises UserError where the task's rows are longer than `n_ctx`, or embeddings are tied and there are fewer classes than tokens.
        """
        from mechgrok.models.architecture import Architecture

        if self.tied and task.classes != task.vocabulary:
            raise UserError(
                f"tied embeddings need as many classes as tokens, and this task has {task.classes} and {task.vocabulary}; "
                'use --task.loss_classes vocab, or a layout without "="'
            )
        length = task.row_length
        if self.n_ctx is not None and self.n_ctx < length:
            raise UserError(f"model.n_ctx is {self.n_ctx}, but the task's rows have {length} tokens; set it to at least {length}")
        return Architecture(
            layers=self.layers,
            heads=self.heads,
            d_model=self.d_model,
            d_head=self.d_head or self.d_model // self.heads,
            d_mlp=self.d_mlp,
            d_vocab=task.vocabulary,
            d_vocab_out=task.classes,
            n_ctx=self.n_ctx or length,
            activation=self.activation,
            normalization=self.normalization,
            attn_only=self.attn_only,
            eps=self.eps,
            final_norm=self.final_norm,
            attention_direction=self.attention_direction,
            attention_coefficient=self.attention_coefficient,
            positions=self.positions,
            rotary_base=self.rotary_base,
            gated=self.gated,
            softmax=self.softmax,
            registers=self.registers,
            tied=self.tied,
            residual=not self.no_residual,
            pooling=self.pooling,
            dropout=self.mlp_dropout,
        )

    def initial(self, task: Task) -> dict[str, Tensor]:
        from mechgrok.models.init import initialisation
        from mechgrok.models.parameter_shapes import blank_weights

        shape = self.architecture(task)
        weights = blank_weights(shape)
        initialisation.INITIALISATIONS[self.init](weights, shape, self.seed)
        return {name: tensor if self.trained(name) else tensor.zero_() for name, tensor in weights.items()}

    def build(self, task: Task) -> HookedRootModule:
        """A fresh model for a `task`, on the CPU in float32; biases that are not trained are zero and do not require gradients."""
        from mechgrok.models.hooks import hooked

        model = hooked.trainable(self.architecture(task), self.initial(task))
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(self.trained(name))
        return model

    def trained(self, name: str) -> bool:
        """Whether the parameter of that (TransformerLens) name is trained: all but the biases that `biases` leaves out."""
        leaf = name.rpartition(".")[2]
        if leaf == "b":
            return self.biases == "all" or str(self.normalization).startswith("post")
        if not leaf.startswith("b_"):
            return True
        parts = {"all": "", "blocks": "blocks.", "mlp": ".mlp."}
        return self.biases in parts and parts[self.biases] in name
