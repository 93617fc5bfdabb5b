"""Targets as real columns, and estimates back in the targets' form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_consistent_length

from robustgen._checks import UsageError
from robustgen._storable import storable


def check_targets(X: Any, y: Any) -> NDArray[Any]:
    """Return the targets as an array of finite numbers, one row for each row of X.

    Raises
    ------
    ValueError
        When y is missing, holds text, NaN or infinity, or has another number of rows than X.
    """
    if y is None:
        raise UsageError("requires y to be passed, but the target y is None: pass the targets as y")
    targets = np.asarray(y)
    if targets.dtype.kind not in "biufc":
        targets = _numbers(targets)
    if targets.ndim == 0:
        raise UsageError(f"got y={y!r}, expected one target for each row of X")
    check_consistent_length(X, targets)
    if not np.isfinite(targets).all():
        row = np.argwhere(~np.isfinite(targets))[0][0]
        raise UsageError(f"Input y contains NaN or infinity in row {row}: drop such rows")
    return targets


def _numbers(targets: NDArray[Any]) -> NDArray[Any]:
    try:
        return targets.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"got targets of type {targets.dtype}, expected numbers") from error


@storable
@dataclass(frozen=True)
class TargetForm:
    """What a target looks like.

    Attributes
    ----------
    shape : tuple of int
        Of one target; () for a number.
    is_complex : bool
        Whether it is complex.

    Examples
    --------
    >>> form = TargetForm(shape=(2,), is_complex=True)
    >>> form.columns(np.array([[1 + 2j, 3]]))
    array([[1., 3., 2., 0.]])
    >>> form.targets(np.array([[1.0, 3.0, 2.0, 0.0]]))
    array([[1.+2.j, 3.+0.j]])
    """

    shape: tuple[int, ...]
    is_complex: bool

    @classmethod
    def of(cls, targets: NDArray[Any]) -> TargetForm:
        """Return the form of some targets."""
        return cls(targets.shape[1:], np.iscomplexobj(targets))

    def columns(self, targets: NDArray[Any]) -> NDArray[np.float64]:
        """Return targets (n, ...) as (n, q): their entries, the real parts before the imaginary ones."""
        flat = targets.reshape(len(targets), -1)
        parts = [flat.real, flat.imag] if self.is_complex else [flat]
        return np.hstack(parts).astype(np.float64)

    def targets(self, columns: NDArray[np.float64]) -> NDArray[Any]:
        """Return columns (n, q) in the targets' form."""
        if not self.is_complex:
            return columns.reshape(-1, *self.shape)
        real, imaginary = np.split(columns, 2, axis=1)
        return (real + 1j * imaginary).reshape(-1, *self.shape)
