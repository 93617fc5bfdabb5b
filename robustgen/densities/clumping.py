"""Whether suspect rows stand alone or in company of their own kind."""

from __future__ import annotations

import torch
from torch import Tensor

from robustgen.densities.neighbours import mean_distance_to_others

N_NEIGHBOURS = 5
ALONE, TOGETHER = -0.05, -0.3
"""The log ratio of distances from which on suspects are alone, and up to which they clump."""
N_AXES = 10
MOST_CLUMPED = 0.25
"""The quantile of the suspects' log ratios that decides: a group of that share of them."""
TINY = 1e-12


def loneliness(rows: Tensor, trusted: Tensor) -> float:
    r"""Return how far the suspect rows are as near to trusted rows as to each other, from 0 to 1.

    .. math:: \ell = \mathrm{q}_{1/4} \Big\{ \log \frac{\delta_{all}(x)}{\delta_{trusted}(x)} : x \in S \Big\}

    with S the rows that are not trusted and :math:`\delta_T(x)` the mean distance of x to its 5 nearest rows
    of T other than itself; 1 where :math:`\ell \ge -0.05`, 0 where :math:`\ell \le -0.3`, linear between.
    Where suspects are alone, models of all rows may be relied on: no outlier makes another look normal.

    Parameters
    ----------
    rows : Tensor, (n, d)
        The training rows, in units in which distances mean something.
    trusted : Tensor of bool, (n,)
        Two of them at least.

    Returns
    -------
    float
        1 where no row is suspect.

    Examples
    --------
    >>> line, lonely, clump = torch.linspace(-1, 1, 100), torch.tensor([-9.0, 9.0]), torch.full((9,), 5.0)
    >>> rows = torch.cat([line, lonely, clump])[:, None]
    >>> loneliness(rows[:102], rows[:102, 0].abs() <= 1), loneliness(rows, rows[:, 0].abs() <= 1)
    (1.0, 0.0)
    """
    suspect = ~trusted
    if not suspect.any():
        return 1.0
    level = _company(rows, trusted, suspect).quantile(MOST_CLUMPED)
    return float(((level - TOGETHER) / (ALONE - TOGETHER)).clamp(0, 1))


def with_lonely(rows: Tensor, trusted: Tensor) -> Tensor:
    r"""Return which rows are trusted or do not clump, (n,).

    A suspect row x clumps where :math:`\log \delta_{all}(x) / \delta_{trusted}(x) \le -0.3`, in the terms of
    :func:`loneliness`, by all columns or by the first ten principal axes of the rows: it has company that the
    trusted rows are not. In many columns distances are nearly equal, and a loose group shows in its axis.

    Parameters
    ----------
    rows : Tensor, (n, d)
        The training rows, in units in which distances mean something.
    trusted : Tensor of bool, (n,)
        Two of them at least.

    Returns
    -------
    Tensor of bool, (n,)
        All that are trusted, and more.

    Examples
    --------
    >>> rows = torch.cat([torch.linspace(-1, 1, 100), torch.tensor([2.0]), torch.full((9,), 5.0)])[:, None]
    >>> with_lonely(rows, rows[:, 0].abs() <= 1).nonzero()[100:, 0]
    tensor([100])
    """
    joined = trusted.clone()
    suspect = ~trusted
    if suspect.any():
        *_, axes = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
        views = (rows, rows @ axes[:N_AXES].T)
        joined[suspect] = torch.stack([_company(view, trusted, suspect) > TOGETHER for view in views]).all(0)
    return joined


def _company(rows: Tensor, trusted: Tensor, suspect: Tensor) -> Tensor:
    """Return the log ratio of the distances of suspect rows to all others and to the trusted, (S,)."""
    by_all = mean_distance_to_others(rows, torch.ones_like(trusted), N_NEIGHBOURS, suspect)
    by_trusted = mean_distance_to_others(rows, trusted, N_NEIGHBOURS, suspect)
    return ((by_all + TINY) / (by_trusted + TINY)).log()
