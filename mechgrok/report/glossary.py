"""Terms of the page that a reader may not know, with an explanation that is shown beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

TERMS: Mapping[str, str] = {
    "null": "The same network with its number tokens randomly relabelled, which keeps norms and ranks; mean over several draws.",
    "z": "How many standard deviations of the null the value lies away from the mean of the null.",
    "key frequencies": "The frequencies k at which the network's logits follow cos(2\N{GREEK SMALL LETTER PI}k(a + b \N{MINUS SIGN} c)/p).",
    "phases": "Parts of training: memorisation, circuit formation, clean-up (Nanda et al. 2023).",
    "neuron-logit map": "W_L: the linear map from neurons to logits, W_out times W_U.",
    "restricted loss": "The loss of the logits' parts at the key frequencies alone.",
    "excluded loss": "The loss on train rows after the parts of the logits at the key frequencies are taken away.",
    "variance explained": "The share of a quantity's variance that a fit reproduces, from 0 to 1 (FVE).",
    "headline": "The numbers of a measure that are worth quoting.",
}
_PATTERN = re.compile(r"\b(" + "|".join(sorted(TERMS, key=len, reverse=True)) + r")\b", re.IGNORECASE)


def term(word: str) -> Markup:
    """A term with its explanation, which is shown on hover and on keyboard focus."""
    return Markup('<dfn tabindex="0">{}<span role="tooltip">{}</span></dfn>').format(word, TERMS[word.lower()])


def explained(text: str) -> Markup:
    """A text, escaped, in which the first use of each term has its explanation."""
    seen: set[str] = set()

    def marked(found: re.Match[str]) -> str:
        word = found[0]
        if word.lower() in seen:
            return word
        seen.add(word.lower())
        return str(term(word))

    return Markup(_PATTERN.sub(marked, str(escape(text))))
