"""What is called after each epoch of every training in a block; no detector and no model file holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from robustgen.training.history import History

OnEpoch = Callable[[History], object]
"""Is given the history after an epoch; answers None, True to stop, or which members (K,) stop."""

_calls: ContextVar[tuple[OnEpoch, ...]] = ContextVar("robustgen_callbacks", default=())


@contextmanager
def each_epoch(*callbacks: OnEpoch) -> Iterator[None]:
    """Call functions after each epoch of all trainings in the block, in their order.

    What a function returns decides who stops: None nobody, True every member, and booleans (K,) those
    members, which end with the weights of this epoch. An exception ends the fit, and the detector is what it
    was before. ``training={"patience": 5}`` of a detector is an early stop without a function.

    Parameters
    ----------
    *callbacks : callable
        Each takes the :class:`robustgen.training.History` so far.

    Yields
    ------
    None
        Blocks may be nested: all their functions are called, those of the outer block first.

    Raises
    ------
    UsageError
        From ``fit``, when a function returns something else.

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen import Autoencoder
    >>> from robustgen.training import each_epoch
    >>> def after_three(history):
    ...     return history.epochs == 3
    >>> X = np.random.default_rng(0).normal(size=(50, 4))
    >>> with each_epoch(after_three):
    ...     detector = Autoencoder(n_members=2, random_state=0).fit(X)
    >>> detector.history_.stopped_at
    array([3, 3])
    """
    token = _calls.set((*_calls.get(), *callbacks))
    try:
        yield
    finally:
        _calls.reset(token)


def present_callbacks() -> tuple[OnEpoch, ...]:
    """Return the functions of the blocks that this training is in."""
    return _calls.get()
