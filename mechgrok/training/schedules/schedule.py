"""The interface of a schedule of the learning rate."""

from __future__ import annotations

from abc import abstractmethod

from mechgrok.config import Part


class RateSchedule(Part):
    """A schedule of the learning rate: lr * factor(step). A subclass defines `kind` and `factor`.

    Examples
    --------
    >>> from mechgrok.training.schedules.linear_warmup import LinearWarmup
    >>> [LinearWarmup(steps=4).factor(step) for step in (0, 1, 4, 100)]
    [0.0, 0.25, 1.0, 1.0]
    """

    @abstractmethod
    def factor(self, step: int) -> float:
        """Compute the factor of the learning rate.

        Parameters
        ----------
        step : int
            The number of earlier updates.

        Returns
        -------
        float
        """
