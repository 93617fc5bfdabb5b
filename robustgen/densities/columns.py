"""Models of single columns: how far out in its own column, and how rare, each entry of a row is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._storable import storable

N_BINS = 10
OUTSIDE = 0.005
"""The share of the rows on each side that the bins leave out, so that no single cell stretches them."""
MARGINS = (0.0371, 0.0293)
"""Of the bins beyond the values they cover, over their range: odd, so that no value that repeats lies on an
edge and is moved across it by rounding."""


@storable
@dataclass(frozen=True)
class ColumnTails:
    r"""The mean surprise of a row's entries, each against the rows of a sample in its column.

    .. math:: e(x) = -\frac1d \sum_j \log \frac{\min(\#\{x_{ij} \le x_j\}, \#\{x_{ij} \ge x_j\}) + 1/2}{n + 1}

    Attributes
    ----------
    ordered : Tensor, (d, n)
        The columns of the sample, each in ascending order.

    References
    ----------
    Li et al., "ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution Functions", IEEE
    TKDE 35 (2023), equation 8, for the sum over the columns of the logarithm of tails. We depart from it in
    the smaller of both tails, and in the sample, which are the training rows alone: a row is not scored
    against the other rows of the call.

    Examples
    --------
    >>> rows = torch.arange(9, dtype=torch.float64)[:, None]
    >>> fit_column_tails(rows, seed=0)(torch.tensor([[4.0], [8.0], [99.0]], dtype=torch.float64)).argsort()
    tensor([0, 1, 2])
    """

    ordered: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Return the mean surprise (B,) of rows (B, d)."""
        ordered, columns = self.ordered.to(x), x.T.contiguous()
        n_rows = ordered.shape[1]
        below = torch.searchsorted(ordered, columns, right=True)
        above = n_rows - torch.searchsorted(ordered, columns)
        tails = (torch.minimum(below, above).to(x) + 0.5) / (n_rows + 1)
        return -tails.log().mean(0)


def fit_column_tails(rows: Tensor, seed: int) -> ColumnTails:
    """Sort the columns of rows (R, d); nothing is drawn."""
    return ColumnTails(rows.T.contiguous().sort(dim=1).values)


@storable
@dataclass(frozen=True)
class ColumnHistograms:
    r"""The mean surprise of a row's entries, each by the rows in its bin of a histogram of its column.

    .. math:: e(x) = -\frac1d \sum_j \log \frac{n_j(x_j) + 1/2}{n + 1}

    Ten bins of equal width cover all but half a percent of the rows on each side, and two more hold what lies
    outside: a gap between the modes of a column is as rare as its tails.

    Attributes
    ----------
    edges : Tensor, (d, 11)
        Of the bins.
    surprises : Tensor, (d, 12)
        Of each bin, the two outer ones among them.

    References
    ----------
    Goldstein and Dengel, "Histogram-based Outlier Score (HBOS)", KI 2012, equation 1.

    Examples
    --------
    >>> rows = torch.cat([torch.linspace(0, 1, 50), torch.linspace(9, 10, 50)])[:, None].double()
    >>> inside, between = fit_column_histograms(rows, seed=0)(torch.tensor([[0.5], [5.0]]).double())
    >>> bool(inside < between)
    True
    """

    edges: Tensor
    surprises: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Return the mean surprise (B,) of rows (B, d)."""
        bins = (self.edges.to(x)[:, None] < x.T[..., None]).sum(
            2
        )  # the edges are few, and ONNX cannot search
        return self.surprises.to(x).gather(1, bins).mean(0)


def fit_column_histograms(rows: Tensor, seed: int) -> ColumnHistograms:
    """Count rows (R, d) in the bins of their columns; nothing is drawn."""
    columns = rows.T.contiguous()
    lowest, highest = columns.quantile(columns.new_tensor([OUTSIDE, 1 - OUTSIDE]), dim=1)
    steps = torch.linspace(-MARGINS[0], 1 + MARGINS[1], N_BINS + 1).to(columns)
    edges = lowest[:, None] + steps * (highest - lowest)[:, None]
    bins = torch.searchsorted(edges, columns)
    counts = torch.zeros(len(columns), N_BINS + 2).to(columns)
    counts.scatter_add_(1, bins, torch.ones_like(columns))
    return ColumnHistograms(edges, -((counts + 0.5) / (len(rows) + 1)).log())
