"""What judged rows say of rows like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.neighbours import nearest_distances
from robustgen.detectors.answers import Neighbourhoods
from robustgen.detectors.comparison import Comparison


@storable
@dataclass(frozen=True)
class Likeness:
    r"""How much more a row is like a judged outlier than like a row that was judged normal.

    .. math:: \ell(x) = \frac{d_+(x) - d_-(x)}{d_+(x) + d_-(x)} \in [-1, 1]

    with :math:`d_+` and :math:`d_-` the distances to the nearest row that was judged normal, and to the
    nearest that was judged an outlier. It is 0 half-way between them, and nearly so for a row that is far
    from both: outliers of a kind that nobody has judged are left to the models.

    Attributes
    ----------
    comparison : Comparison
        What rows are compared by.
    normal, outliers : Tensor, (p, q) and (m, q)
        The judged rows, as they are compared; one at least of each.

    References
    ----------
    Rousseeuw, "Silhouettes", J. Comput. Appl. Math. 20 (1987), for the contrast of two distances, there
    over the larger of them.
    """

    comparison: Comparison
    normal: Tensor
    outliers: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Return the likeness (B,) of float64 rows (B, ...) on the CPU, in the units of X."""
        rows = self.comparison(x)
        normal, outlying = (nearest_distances(rows, of, 1)[:, 0] for of in (self.normal, self.outliers))
        least = torch.finfo(rows.dtype).tiny  # a row that was judged both ways
        return (normal - outlying) / (normal + outlying).clamp_min(least)


def fit_likeness(X: Any, judged: Neighbourhoods) -> Likeness | None:
    """Take the judged rows of X; nothing is learnt of answers that are all alike.

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen.detectors.answers import judged_neighbourhoods
    >>> X = np.array([[0.0], [1.0], [2.0], [4.0]])
    >>> judged = judged_neighbourhoods(X, [1, 0, 0, -1])
    >>> fit_likeness(X, judged)(torch.tensor([[0.0], [1.0], [3.0]]).double())
    tensor([-1.0000, -0.5000,  0.5000], dtype=torch.float64)
    """
    comparison = judged.comparison
    if comparison is None or judged.outlying.all() or not judged.outlying.any():
        return None
    normal, outliers = (
        torch.from_numpy(comparison.rows(X[judged.judged[judged.outlying == outlying]]))
        for outlying in (False, True)
    )
    return Likeness(comparison, normal, outliers)
