"""The group of signs: x and -x are the same."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import NDArray

from robustgen._storable import storable
from robustgen.symmetry.anchor import DIRECTIONS, Direction, anchors, check_reference, phases
from robustgen.symmetry.base import Canonicalizer


@storable
class SignCanonicalizer(Canonicalizer):
    r"""Map x and -x to the one of them in a half space.

    The representative is the one of :math:`\pm x` with :math:`c(x) > 0`, c the anchor that
    ``reference`` chooses. The half space is *representative* (every orbit has a point in it),
    *smallest* (only one) and *connected*, as the reference asks.

    Parameters
    ----------
    reference : {"first", "principal"}
        "first": c is the first entry. "principal": :math:`c(x) = \langle v, x \rangle` with v the
        direction that most rows lie along, which ``fit`` finds from
        :math:`\sum_i x_i x_i^\top / \lVert x_i \rVert^2`
        and which no sign changes. The wider the rows stay off the border c = 0, the less
        noise can take a row to the other side: "principal" for noisy data.

    Attributes
    ----------
    direction_ : ndarray of float, (d,), or None
        v, for "principal".
    input_shape_ : tuple of int
        The shape of one row.
    n_features_in_ : int
        Entries of one row.
    feature_names_in_ : ndarray of str
        Names of the columns, where X had some.

    Notes
    -----
    Tie rule: where c(x) is exactly 0, the first entry that is not 0 is made positive; 0 stays 0.
    With "first" the result is exactly the same for x and -x, and applying it twice changes
    nothing. With "principal" that holds but for rows whose :math:`\langle v, x \rangle` is 0 up to rounding.

    References
    ----------
    Tayal, Lai, Kumar and Sun, "Inverse Problems, Deep Learning, and Symmetry Breaking", 2020,
    https://arxiv.org/abs/2003.09077.

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen import SignCanonicalizer
    >>> SignCanonicalizer().fit_transform(np.array([[-1.0, 2.0], [1.0, -2.0], [0.0, -3.0]]))
    array([[ 1., -2.],
           [ 1., -2.],
           [ 0.,  3.]])
    """

    _takes_complex: ClassVar[bool] = False

    direction_: Direction | None

    def __init__(self, *, reference: str = "first") -> None:
        self.reference = reference

    def _learn(self, X: NDArray[Any]) -> None:
        check_reference(self.reference)
        self.direction_ = DIRECTIONS[self.reference](X.reshape(len(X), -1))

    def _representatives(self, X: NDArray[Any]) -> NDArray[Any]:
        rows = X.reshape(len(X), -1)
        signs = phases(anchors(rows, self.direction_))
        return (rows * signs[:, None]).astype(X.dtype, copy=False).reshape(X.shape)
