"""A program as the text of a Python file that needs nothing but `math`."""

from __future__ import annotations

from collections.abc import Sequence

from mechgrok.extraction.program import Program

_LOG = '''

def log(x):
    """The i with {root} ** i = x modulo P."""
    if x % P == 0:
        raise ValueError("0 has no logarithm")
    i, power = 0, 1
    while power != x % P:
        i, power = i + 1, power * {root} % P
    return i
'''

_TEXT = '''"""{header}"""

import math

{sizes}
WAVES = [  # frequency k, amplitude A, angle delta
{waves}
]
{log}

def phase({operands}):
    return ({phase}) % N


def logit({operands}, c):
    d = phase({operands}) - {element}
    return sum(A * math.cos(2 * math.pi * (k * d % N) / N + delta) for k, A, delta in WAVES)


def answer({operands}):
    return max(range({classes}), key=lambda c: logit({operands}, c))
'''


def python_source(program: Program, header: Sequence[str]) -> str:
    """The Python file; the lines of `header` are its docstring."""
    powers = program.chart.basis == "multiplicative"
    return _TEXT.format(
        header=_docstring(header),
        sizes=f"P = {program.modulus}\nN = {f'P - 1  # the numbers 1 .. P - 1 are powers of {_root(program)}' if powers else 'P'}",
        waves="\n".join(f"    ({wave.frequency}, {wave.amplitude!r}, {wave.angle!r})," for wave in program.waves),
        log=_LOG.format(root=_root(program)) if powers else "",
        operands=", ".join(program.operands),
        phase=program.phase,
        element="log(c)" if powers else "c",
        classes="1, P" if powers else "P",
    )


def _root(program: Program) -> int:
    """The element 1 of a multiplicative group: the primitive root that its logarithms are to."""
    return int(program.chart.tokens[1])


def _docstring(lines: Sequence[str]) -> str:
    """Lines as they may stand between triple quotes, whatever a run is called."""
    return "\n".join(line.encode("unicode_escape").decode().replace('"', '\\"') for line in lines) + "\n"
