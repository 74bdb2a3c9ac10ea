"""A parameter of a fitting shape that is not what its name says is refused, and what could not be seen is named."""

from __future__ import annotations

import pytest
import torch
from own_modules import NAMES, OF_PERCEPTRON, OneHotPerceptron, PlainTransformer
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.opaque.description import describe
from mechgrok.tasks.modular import Modular

P = 8
TASK = Modular(p=P, layout="a b")


class Squares(nn.Module):
    """Every matrix (8, 8), so that no shape tells one from another: two tables, neurons, a norm and a matrix before the last one."""

    def __init__(self, tied: bool = False) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.left, self.right, self.places = nn.Embedding(P, P), nn.Embedding(P, P), nn.Embedding(5, P)
        self.into, self.act, self.out, self.norm = nn.Linear(P, P), nn.ReLU(), nn.Linear(P, P), nn.LayerNorm(P)
        self.mix, self.unused, self.head = nn.Linear(P, P), nn.Linear(P, P), nn.Linear(P, P)
        if tied:
            self.head.weight = self.left.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.left(tokens[:, 0]) + self.right(tokens[:, 1]) + self.places(torch.arange(2)).sum(0)
        x = x + self.out(self.act(self.into(x)))
        return self.head(self.mix(self.norm(x))).log_softmax(1)


RIGHT = {
    "embed.W_E": "left.weight",
    "pos_embed.W_pos": "places.weight",
    "blocks.0.mlp.W_in": "into.weight",
    "blocks.0.mlp.b_in": "into.bias",
    "blocks.0.mlp.hook_post": "act",
    "blocks.0.mlp.W_out": "out.weight",
    "unembed.W_U": "head.weight",
    "unembed.b_U": "head.bias",
    "ln_final.w": "norm.weight",
}
LEFT = "names: moving them could not confirm blocks.0.mlp.W_out, ln_final.w"
WRONG = {
    ("embed.W_E", "mix.weight"): "mix.weight changes rows without token 0 by its row 0",
    ("embed.W_E", "unused.weight"): "unused.weight has no effect on the logits",
    ("pos_embed.W_pos", "norm.bias"): r"norm.bias is \(8,\), and pos_embed.W_pos is \(pos, d_model\)",
    ("pos_embed.W_pos", "right.weight"): "changes rows of 2 tokens by the positions behind them",
    ("blocks.0.mlp.W_in", "mix.weight"): "mix.weight moves no neuron of blocks.0.mlp.hook_post",
    ("blocks.0.mlp.b_in", "out.bias"): "out.bias moves no neuron of blocks.0.mlp.hook_post",
    ("blocks.0.mlp.W_in", "right.weight"): "right.weight moves other neurons of blocks.0.mlp.hook_post than its own",
    ("blocks.0.mlp.W_out", "right.weight"): "right.weight moves blocks.0.mlp.hook_post, which lies before it",
    ("blocks.0.mlp.W_out", "into.weight"): "blocks.0.mlp.W_in and blocks.0.mlp.W_out are both into.weight",
    ("unembed.W_U", "mix.weight"): "mix.weight changes other logits than that of class 0",
    ("unembed.W_U", "left.weight"): "left.weight changes other logits than that of class 0",
    ("unembed.b_U", "mix.bias"): "mix.bias changes other logits than that of class 0",
    ("blocks.0.attn.W_Q", "mix.weight"): r"mix.weight is \(8, 8\), and blocks.0.attn.W_Q is \(head, d_model, d_head\)",
}


@pytest.mark.parametrize(("name", "place"), WRONG)
def test_a_wrong_parameter_of_fitting_shape_is_refused(name: str, place: str) -> None:
    with pytest.raises(UserError, match=WRONG[name, place]) as refused:
        describe(Squares(), TASK, {**RIGHT, name: place})
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("tied", [False, True])
def test_right_names_are_taken_and_those_that_only_move_the_logits_are_listed(tied: bool) -> None:
    """A matrix behind W_out and a norm hide whether W_out W_U maps the neurons."""
    assert describe(Squares(tied), TASK, RIGHT).notes == (LEFT,)


def test_where_the_forward_pass_shows_all_nothing_is_left_open() -> None:
    names = {**NAMES, "pos_embed.W_pos": "pos", "blocks.0.mlp.W_in": "net.0.weight", "blocks.0.mlp.b_in": "net.0.bias"}
    assert describe(PlainTransformer(7), Modular(p=7), names).notes == ()
    assert describe(OneHotPerceptron(7), Modular(p=7), OF_PERCEPTRON).notes == ()


def test_a_module_that_gives_zeros_yet_is_tested_near_its_weights() -> None:
    module = Squares()
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    found = describe(module, TASK, RIGHT)
    assert found.notes == (LEFT,)
    assert not found.facts.linear, "zeros agree with every map of the neurons"
    with pytest.raises(UserError, match=r"mix\.weight changes rows without token 0"):
        describe(module, TASK, {"embed.W_E": "mix.weight"})


class ByHead(nn.Module):
    """Attention with the parameters of TransformerLens, of which W_Q and W_V have one shape."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.emb, self.soft, self.head = nn.Embedding(P, 4), nn.Softmax(-1), nn.Linear(4, P)
        self.q, self.k, self.v, self.o = (nn.Parameter(torch.randn(2, *shape)) for shape in ((4, 2), (4, 2), (4, 2), (2, 4)))
        self.b_k = nn.Parameter(torch.zeros(2, 2))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.emb(tokens)
        q, k, v = (torch.einsum("bpd,hde->bhpe", x, each) for each in (self.q, self.k, self.v))
        pattern = self.soft(q @ (k + self.b_k[:, None]).transpose(-1, -2))
        return self.head(torch.einsum("bhpe,hed->bpd", pattern @ v, self.o))


def test_heads_move_their_own_pattern() -> None:
    names = {f"blocks.0.attn.{name}": place for name, place in {"W_Q": "q", "W_K": "k", "W_V": "v", "W_O": "o", "b_K": "b_k"}.items()}
    names["blocks.0.attn.hook_pattern"] = "soft"
    assert describe(ByHead(), TASK, names).notes == (
        "names: moving them could not confirm blocks.0.attn.W_V, blocks.0.attn.W_O, blocks.0.attn.b_K",
    )
    swapped = {**names, "blocks.0.attn.W_Q": "v", "blocks.0.attn.W_V": "q"}
    with pytest.raises(UserError, match=r"blocks.0.attn.W_Q: v moves no head of blocks.0.attn.hook_pattern"):
        describe(ByHead(), TASK, swapped)
    with pytest.raises(UserError, match=r"blocks.0.attn.W_V: q moves blocks.0.attn.hook_pattern, which lies before it"):
        describe(ByHead(), TASK, {"blocks.0.attn.hook_pattern": "soft", "blocks.0.attn.W_V": "q"})


def test_two_classes_dead_neurons_and_saturated_heads_are_no_sign_of_a_wrong_name() -> None:
    """Two numbers, neurons that a bias switches off in every row, and attention to one token alone."""
    two = Modular(p=2, layout="a b")
    module = nn.Sequential(nn.Embedding(2, 4), nn.Flatten(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 2))
    assert describe(module, two, {"embed.W_E": "0.weight", "blocks.0.mlp.hook_post": "3"}).notes == ()
    nn.init.constant_(module[2].bias, -50.0)
    describe(module, two, {"blocks.0.mlp.b_in": "2.bias", "blocks.0.mlp.hook_post": "3", "embed.W_E": "0.weight"})
    sharp = ByHead()
    with torch.no_grad():
        sharp.k.mul_(1e4)
    describe(sharp, TASK, {"blocks.0.attn.W_Q": "q", "blocks.0.attn.hook_pattern": "soft"})


def test_queries_and_keys_of_constant_attention_are_left_open() -> None:
    """Attention is mixed with a constant in networks of Zhong et al. 2023, up to a share of 1."""

    class Constant(ByHead):
        def forward(self, tokens: Tensor) -> Tensor:
            x = self.emb(tokens)
            pattern = self.soft(x.new_zeros(len(x), 2, 2, 2))
            return self.head(torch.einsum("bhpe,hed->bpd", pattern @ torch.einsum("bpd,hde->bhpe", x, self.v), self.o))

    names = {"blocks.0.attn.W_Q": "q", "blocks.0.attn.hook_pattern": "soft"}
    assert describe(Constant(), TASK, names).notes == ("names: moving them could not confirm blocks.0.attn.W_Q",)
