"""The hidden state from which the logits are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechgrok.errors import UnavailableError

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

STREAMS = ("hook_resid_post", "hook_mlp_out", "hook_hidden")
"""Names of the state in a block: of a transformer, of a perceptron with an unembedding, and of an LSTM."""


def last_state(snapshot: Snapshot) -> Tensor:
    """The hidden state of every row that the last matrix maps to the logits.

    It is the residual stream behind the last block, the neurons where W_out gives the logits, else the output of the MLP before an
    unembedding, or the state of an LSTM. Of a transformer it is taken before a final LayerNorm and at the last position, also where the
    logits are read off the mean over the positions.

    Parameters
    ----------
    snapshot : Snapshot

    Returns
    -------
    Tensor (n, d)

    Raises
    ------
    UnavailableError
        Where a module of the user has no name for it.

    Examples
    --------
    >>> from mechgrok.measures.shared.last_state import last_state
    >>> last_state(run.snapshot()).shape
    torch.Size([121, 8])
    """
    if _reads_neurons(snapshot):
        return snapshot.neurons
    failure: Exception | None = None
    for name in STREAMS:
        try:
            found = snapshot.activation(f"blocks.{snapshot.architecture.layers - 1}.{name}")
        except (KeyError, UnavailableError) as error:
            failure = failure or error
        else:
            # An LSTM notes the states of all positions.
            return found if found.ndim == 2 else found[:, -1]
    raise failure if isinstance(failure, UnavailableError) else UnavailableError("this network names no state before its last matrix")


def _reads_neurons(snapshot: Snapshot) -> bool:
    """Whether the neurons are mapped to the logits by the last matrix alone."""
    if not snapshot.architecture.maps_neurons:
        return False
    network, parameters = snapshot.architecture, snapshot.parameters
    W_L, W_U = network.neuron_logit_map(parameters), network.unembedding(parameters)
    return W_L.shape == W_U.shape and W_L.equal(W_U)
