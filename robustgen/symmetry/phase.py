"""The group of global phases: x and exp(it) x are the same."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._storable import storable
from robustgen.symmetry.anchor import DIRECTIONS, Direction, anchors, check_reference, first_index, phases
from robustgen.symmetry.base import Canonicalizer


@storable
class PhaseCanonicalizer(Canonicalizer):
    r"""Map all :math:`e^{it} x` to the one whose anchor is real and positive.

    The representative is :math:`\overline{c(x)}\,x / |c(x)|`, c the anchor that ``reference``
    chooses. The set :math:`\{x : c(x) > 0\}` is *representative* (every orbit has a point in it),
    *smallest* (only one) and *connected*, as the reference asks.

    Parameters
    ----------
    reference : {"first", "principal"}
        "first": c is the first entry. "principal": :math:`c(x) = \langle v, x \rangle` with v the
        direction that most rows lie along, which ``fit`` finds from
        :math:`\sum_i x_i x_i^* / \lVert x_i \rVert^2`
        and which no phase changes. Rows with a small c turn wildly under noise: "principal" for noisy data.
    stacked : bool
        Whether X is real and holds the real parts and then the imaginary parts: columns
        [Re | Im], or images (n, 2, H, W). Real rows that are not stacked have imaginary parts 0, and
        their representative is the one of :math:`\pm x`.

    Attributes
    ----------
    direction_ : ndarray, (d,), or None
        v, for "principal".
    input_shape_ : tuple of int
        The shape of one row.
    n_features_in_ : int
        Entries of one row.
    feature_names_in_ : ndarray of str
        Names of the columns, where X had some.

    Notes
    -----
    Tie rule: where c(x) is exactly 0, the first entry that is not 0 is made real and positive; 0 stays 0.
    With "first" that entry is exactly real, and applying it twice changes nothing; with "principal" nothing
    beyond rounding. A phase is applied in floating point, so the forms of an orbit agree up to rounding;
    with "principal" but for rows whose :math:`\langle v, x \rangle` is 0 up to rounding.

    References
    ----------
    Tayal, Lai, Kumar and Sun, "Inverse Problems, Deep Learning, and Symmetry Breaking", 2020,
    https://arxiv.org/abs/2003.09077.

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen import PhaseCanonicalizer
    >>> PhaseCanonicalizer().fit_transform(np.array([[1j, 2.0], [-1.0, 2j]]))
    array([[1.+0.j, 0.-2.j],
           [1.+0.j, 0.-2.j]])
    >>> PhaseCanonicalizer(stacked=True).fit_transform(np.array([[0.0, 2.0, 1.0, 0.0]]))
    array([[ 1.,  0.,  0., -2.]])
    """

    _takes_complex: ClassVar[bool] = True

    direction_: Direction | None

    def __init__(self, *, reference: str = "first", stacked: bool = False) -> None:
        self.reference = reference
        self.stacked = stacked

    def _learn(self, X: NDArray[Any]) -> None:
        check_reference(self.reference)
        if self.stacked:
            _expect_stacked(X)
        rows = self._unstacked(X)
        self.direction_ = DIRECTIONS[self.reference](rows.reshape(len(X), -1))

    def _representatives(self, X: NDArray[Any]) -> NDArray[Any]:
        unstacked = self._unstacked(X)
        turned = self._turned(unstacked.reshape(len(X), -1)).reshape(unstacked.shape)
        parts = np.concatenate([turned.real, turned.imag], axis=1) if self.stacked else turned
        return parts.astype(X.dtype, copy=False)

    def _unstacked(self, X: NDArray[Any]) -> NDArray[Any]:
        if not self.stacked:
            return X
        real, imaginary = np.split(X, 2, axis=1)
        return real + 1j * imaginary

    def _turned(self, rows: NDArray[Any]) -> NDArray[Any]:
        turned = rows * phases(anchors(rows, self.direction_)).conj()[:, None]
        if self.direction_ is None:  # exactly real, not up to rounding
            first = np.arange(len(rows)), first_index(rows)
            turned[first] = np.abs(rows[first])
        return turned


def _expect_stacked(X: NDArray[Any]) -> None:
    if np.iscomplexobj(X):
        raise UsageError(
            "got complex rows with stacked=True, expected real rows [Re | Im]: leave stacked=False"
        )
    if X.shape[1] % 2:
        raise UsageError(
            f"got {X.shape[1]} columns with stacked=True, expected an even number: "
            "real parts, then imaginary parts"
        )
