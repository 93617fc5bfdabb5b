r"""The anchor of a row: the number :math:`c(x)` that turns as the row turns, :math:`c(gx) = g\,c(x)`.

The rows with :math:`c(x) > 0` are a half space for signs; for phases they are a half space of the
complex subspace on which c is real. Both are convex, hence connected, and hold one form of every row but
those with :math:`c(x) = 0`, which are of measure zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError, suggest

Direction = NDArray[Any]


def no_direction(X: NDArray[Any]) -> None:
    """Let the entries themselves be the anchors, the first that is not 0."""


def principal_direction(X: NDArray[Any]) -> Direction:
    r"""Return the unit vector that most rows lie along.

    It is the v with the largest :math:`\sum_i |\langle v, x_i \rangle|^2 / \lVert x_i \rVert^2`. Every
    row counts alike, however long, and in whatever form it comes. Few rows have a small
    :math:`|\langle v, x \rangle|`, so noise seldom takes one to the other form.

    Parameters
    ----------
    X : ndarray, (n, d)
        Real or complex rows.

    Returns
    -------
    ndarray, (d,)
        v, its largest entry real and positive.

    Examples
    --------
    >>> principal_direction(np.array([[0.0, 3.0], [0.0, -1.0]]))
    array([0., 1.])
    """
    largest = np.abs(X).max(axis=1, keepdims=True)
    scaled = X / np.where(largest > 0, largest, 1)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit = scaled / np.where(length > 0, length, 1)
    direction = np.linalg.eigh(unit.T @ unit.conj())[1][:, -1]
    return direction * phases(direction[np.abs(direction).argmax()]).conj()


DIRECTIONS: dict[str, Callable[[NDArray[Any]], Direction | None]] = {
    "first": no_direction,
    "principal": principal_direction,
}


def check_reference(value: Any) -> None:
    """Raise unless a parameter names a way to choose the anchor."""
    if value not in DIRECTIONS:
        hint = suggest(value, DIRECTIONS) if isinstance(value, str) else ""
        raise UsageError(f"got reference={value!r}, expected one of 'first', 'principal'{hint}")


def first_index(X: NDArray[Any]) -> NDArray[np.intp]:
    """Return the place (n,) of the first entry of each row that is not 0; 0 where all are."""
    places: NDArray[np.intp] = (X != 0).argmax(axis=1)
    return places


def first_entries(X: NDArray[Any]) -> NDArray[Any]:
    """Return the first entry (n,) of each row that is not 0; 0 where all are.

    Examples
    --------
    >>> first_entries(np.array([[0, -3, 1], [2, 0, 0], [0, 0, 0]]))
    array([-3,  2,  0])
    """
    return X[np.arange(len(X)), first_index(X)]


def anchors(X: NDArray[Any], direction: Direction | None) -> NDArray[Any]:
    r"""Return :math:`c(x) = \langle v, x \rangle` (n,).

    Without a v, or where c is 0, it is the first entry that is not 0.
    """
    if direction is None:
        return first_entries(X)
    products = X @ direction.conj()
    return np.where(products == 0, first_entries(X), products)


def phases(anchor: NDArray[Any]) -> NDArray[Any]:
    """Return c / abs(c), for real numbers the sign; 1 where c is 0.

    Examples
    --------
    >>> phases(np.array([-2.0, 0.0])), phases(np.array([3j]))
    (array([-1.,  1.]), array([0.+1.j]))
    """
    modulus = np.abs(anchor)
    return np.where(modulus > 0, anchor, 1) / np.where(modulus > 0, modulus, 1)
