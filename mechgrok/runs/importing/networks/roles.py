"""The parts that names of modules suggest."""

from __future__ import annotations

import re

from mechgrok.runs.importing.networks.units import Unit

_LETTERS = {
    "Q": r"(w|to|proj|lin|linear)?_?(q|query|queries)(_?(proj|projection|lin|linear|layer|net|w))?",
    "K": r"(w|to|proj|lin|linear)?_?(k|key|keys)(_?(proj|projection|lin|linear|layer|net|w))?",
    "V": r"(w|to|proj|lin|linear)?_?(v|value|values)(_?(proj|projection|lin|linear|layer|net|w))?",
}
_FUSED = r"(to_?|w_?|c_|proj_|attn_|in_)*(qkv|kqv|qvk|vkq|vqk|kvq|attn|in_proj|query_key_value|in_projection)(_?(proj|lin|linear|layer|w))?"
_OUTPUT = (
    r"(w_?|to_?|c_|fc_?|attn_?)*(o|out|output|proj|projection|dense|unify_?heads|combine\w*|fc|final|linear|mix|merge\w*)"
    r"(_?(proj|projection|lin|linear|layer))?"
)
_ATTENTION = {"attn", "attention", "self_attn", "self_attention", "selfattn", "selfattention", "sa", "mha", "msa", "multihead_attn", "mhsa"}
_POSITIONS = r"pe|pos|wpe|w_?pos|.*pos(ition|itional)?(_?.*)"
_TOKENS = r"(.*_)?(emb|embed|embedding|embeddings|wte|tok|token|tokens|e|vocab)(_.*)?|.*embed.*|.*tok.*"
_HEAD = r".*(head|unembed|output|logits|classifier|decoder|readout|lm_head|out|fc|cls|u|proj|linear|final).*"
_LAST = r".*(f|final|last|out|output|end|head|post)\d*|.*(final|last).*"
_ROTARY = r".*(rotary|rope|inv_freq|freqs_cis|cos_cached|sin_cached).*"
_ROTARY_MODULE = r"(.*_)?(rotary|rope)(_.*)?"
_GATE = r".*(gate|wg).*"


def letter(unit: Unit) -> str | None:
    """Q, K or V where a name is that of one of these projections."""
    return next((name for name, pattern in _LETTERS.items() if re.fullmatch(pattern, unit.leaf)), None)


def is_fused(unit: Unit) -> bool:
    """Whether a name is that of one matrix for queries, keys and values."""
    return re.fullmatch(_FUSED, unit.leaf) is not None


def is_output(unit: Unit) -> bool:
    """Whether a name may be that of the matrix behind the heads."""
    return re.fullmatch(_OUTPUT, unit.leaf) is not None


def in_attention(unit: Unit) -> bool:
    """Whether a module of attention holds it."""
    return bool(_ATTENTION & {part.lower() for part in unit.path[:-1]})


def is_positions(unit: Unit) -> bool:
    """Whether a name is that of an embedding of positions."""
    return any(re.fullmatch(_POSITIONS, part.lower()) for part in unit.path if not part.isdecimal())


def is_tokens(unit: Unit) -> bool:
    """Whether a name is that of an embedding of tokens."""
    return any(re.fullmatch(_TOKENS, part.lower()) for part in unit.path if not part.isdecimal())


def is_head(unit: Unit) -> bool:
    """Whether a name may be that of an unembedding."""
    return any(re.fullmatch(_HEAD, part.lower()) for part in unit.path if not part.isdecimal())


def is_last(unit: Unit) -> bool:
    """Whether a norm is named as the one before the unembedding."""
    return re.fullmatch(_LAST, unit.leaf) is not None


def is_gate(unit: Unit) -> bool:
    """Whether a name is that of the gate of an MLP."""
    return re.fullmatch(_GATE, unit.leaf) is not None


def is_of_rotary(name: str) -> bool:
    """Whether a tensor is a buffer of rotary positions: frequencies, or their cosines and sines."""
    *_, module, leaf = ["", *re.split(r"[./]", name.lower())]
    return leaf not in ("weight", "bias") and (re.fullmatch(_ROTARY, leaf) or re.fullmatch(_ROTARY_MODULE, module)) is not None
