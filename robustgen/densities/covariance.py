"""The half of the rows whose covariance has the smallest determinant, and the distances to it."""

from __future__ import annotations

import torch
from torch import Tensor

from robustgen._rounding import whole_above, whole_below
from robustgen._seeds import subsample
from robustgen.densities.columns import fit_column_tails
from robustgen.densities.ensemble import standardisation
from robustgen.densities.gaussian import Gaussian, fit_gaussian

MOST_ROWS = 2000
"""Of which the half is searched: the start of the full algorithm on subsets does the same."""
MOST_STEPS = 12
CLIP = 3.0
ROUNDING = 1e-13
"""The largest deviation that is rounding, over the size of the median."""
REACH = 0.3
"""The share of the rows that are the neighbours of one, for a start."""


def least_covariance(rows: Tensor, share: float, seed: int) -> Tensor:
    r"""Return the distance of each row to the share of the rows with the smallest covariance.

    From each of several starts, rows that lie in the middle by one measure, the share of the rows with the
    smallest Mahalanobis distances is taken anew until it stays (C-steps, which never enlarge the
    determinant); of the ends the one with the smallest :math:`\log \det` is kept. The covariance is shrunk
    (:class:`robustgen.densities.gaussian.Gaussian`), so that any number of columns will do.

    Parameters
    ----------
    rows : Tensor of float64, (n, d)
        The training rows.
    share : float in (0, 1]
        Of the rows, two at least.
    seed : int
        Of the rows that are searched where there are more than 2,000.

    Returns
    -------
    Tensor, (n,)
        The distances, larger = more outlying.

    References
    ----------
    Hubert, Rousseeuw and Verdonck, "A Deterministic Algorithm for Robust Location and Scatter", J. Comput.
    Graph. Stat. 21 (2012), for starts that nothing is drawn for; Rousseeuw and Van Driessen, Technometrics 41
    (1999), for the C-step. We depart from them in the starts and in the shrinkage.

    Examples
    --------
    >>> line = torch.cat([torch.linspace(-1, 1, 60), torch.full((40,), 9.0)])[:, None].double()
    >>> distances = least_covariance(line, 0.5, seed=0)
    >>> bool(distances[:60].max() < distances[60:].min())
    True
    """
    searched = rows[subsample(len(rows), MOST_ROWS, seed)]
    n_chosen = max(2, whole_above(share * len(searched)))
    ends = [_trimmed(searched, start, n_chosen) for start in _starts(searched)]
    return min(ends, key=_log_determinant)(rows)


def _starts(rows: Tensor) -> tuple[Tensor, ...]:
    """Return measures (n,) of how far out a row is: by all columns, by single ones, by its neighbours."""
    median = rows.median(0).values
    spread = (rows - median).abs().median(0).values
    spread = torch.where(spread > ROUNDING * median.abs(), spread, standardisation(rows)[1])
    clipped = ((rows - median) / spread).clamp(-CLIP, CLIP).square().sum(1)
    n_nearest = max(2, whole_below(REACH * len(rows)))
    near = torch.cdist(rows, rows).topk(min(n_nearest, len(rows)), largest=False).values.mean(1)
    return clipped, fit_column_tails(rows, 0)(rows), near


def _trimmed(rows: Tensor, start: Tensor, n_chosen: int) -> Gaussian:
    chosen = start.argsort(stable=True)[:n_chosen].sort().values
    for _ in range(MOST_STEPS):
        model = fit_gaussian(rows[chosen], 0)
        before, chosen = chosen, model(rows).argsort(stable=True)[:n_chosen].sort().values
        if torch.equal(chosen, before):
            break
    return model


def _log_determinant(model: Gaussian) -> float:
    n_beyond = model.axes.shape[1] - len(model.variances)
    return float(model.variances.log().sum() + n_beyond * model.floor.log())
