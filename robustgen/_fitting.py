"""What a fit leaves behind: all that was learnt, or nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Estimator = TypeVar("Estimator")


def all_at_once(fit: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method learn into a copy that has learnt nothing, and take over all of it when it has ended.

    A fit that is interrupted, or that raises, leaves what was there before: the fitted attributes of the
    last fit, or none.

    Parameters
    ----------
    fit : callable
        A method that sets attributes and returns its object.

    Returns
    -------
    callable
        The method; it returns the object that it is called on.

    Examples
    --------
    >>> class Mean:
    ...     @all_at_once
    ...     def fit(self, numbers):
    ...         self.first_ = numbers[0]
    ...         self.mean_ = sum(numbers) / len(numbers)
    ...         return self
    >>> fitted = Mean().fit([1, 3])
    >>> try:
    ...     fitted.fit([5, None])
    ... except TypeError:
    ...     fitted.first_, fitted.mean_
    (1, 2.0)
    """

    @wraps(fit)
    def fit_all(self: Any, *arguments: Any, **named: Any) -> Any:
        learner = _unfitted(self)
        fit(learner, *arguments, **named)
        self.__dict__ = vars(learner)
        return self

    return fit_all


def _unfitted(estimator: Estimator) -> Estimator:
    """Return an estimator with the same parameters and settings, which has learnt nothing."""
    other = object.__new__(type(estimator))
    other.__dict__ = {name: value for name, value in vars(estimator).items() if not _is_learnt(name)}
    return other


def _is_learnt(name: str) -> bool:
    return name.endswith("_") and not name.startswith("__")
