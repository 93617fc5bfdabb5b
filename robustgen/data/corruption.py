"""How many outliers make a corruption, and which corruption the outliers at hand can make."""

from __future__ import annotations

from typing import Literal, get_args

from robustgen._checks import UsageError, suggest
from robustgen._rounding import whole_below

CorruptionOf = Literal["all", "inliers"]
"""What a corruption is a share of: the whole training set, or (as in the papers) its inliers."""

CORRUPTION_LIMIT = {"all": 0.5, "inliers": 1.0}
"""No corruption may reach this: half of the rows are outliers then."""


def check_corruption(corruption: float, corruption_of: str = "all") -> None:
    """Accept a corruption in [0, 0.5) of all rows or in [0, 1) of the inliers.

    Raises
    ------
    UsageError
        Outside that range, or if `corruption_of` is neither "all" nor "inliers".
    """
    check_corruption_of(corruption_of)
    limit = CORRUPTION_LIMIT[corruption_of]
    if not 0 <= corruption < limit:
        raise UsageError(
            f"got corruption = {corruption:g}, expected a share of {_NOUN[corruption_of]} of at least 0 and "
            f"below {limit:g}: choose one that leaves the inliers the majority"
        )


def check_corruption_of(corruption_of: str) -> None:
    """Accept "all" and "inliers"."""
    known = get_args(CorruptionOf)
    if corruption_of not in known:
        raise UsageError(
            f"got corruption_of = '{corruption_of}', expected 'all' or 'inliers'"
            f"{suggest(corruption_of, known)}"
        )


def outliers_needed(n_inliers: int, corruption: float, corruption_of: str = "all") -> int:
    """Return how many outliers beside `n_inliers` make the corruption, rounded to a whole row.

    Parameters
    ----------
    n_inliers : int
        The number of training inliers.
    corruption : float
        The share of outliers, in [0, 0.5) of all rows or in [0, 1) of the inliers: c / (1 - c)
        outliers an inlier where it is a share of all rows, c outliers an inlier where it is a share
        of the inliers.
    corruption_of : {"all", "inliers"}
        What the corruption is a share of.

    Returns
    -------
    int
        The number of outliers.

    Examples
    --------
    >>> outliers_needed(70, 0.3), outliers_needed(70, 0.3, "inliers")
    (30, 21)
    """
    return round(_odds(corruption, corruption_of) * n_inliers)


def most_inliers(n_outliers: int, max_corruption: float, corruption_of: str = "all") -> int:
    """Return the most inliers that `n_outliers` can still corrupt up to `max_corruption`.

    Examples
    --------
    >>> most_inliers(30, 0.3)
    70
    """
    return whole_below(n_outliers / _odds(max_corruption, corruption_of))  # 30 / (0.3 / 0.7) is 70


def largest_corruption(n_inliers: int, n_outliers: int, corruption_of: str = "all") -> float:
    """Return the largest corruption that `n_outliers` make beside `n_inliers`, below the limit.

    Parameters
    ----------
    n_inliers : int
        The number of training inliers.
    n_outliers : int
        The number of outliers at hand.
    corruption_of : {"all", "inliers"}
        What the corruption is a share of.

    Returns
    -------
    float
        Rounded down to 0.001; at most 0.499 of all rows or 0.999 of the inliers.

    Examples
    --------
    >>> largest_corruption(70, 30)
    0.3
    """
    share = n_outliers / (n_inliers + n_outliers) if corruption_of == "all" else n_outliers / n_inliers
    below_limit = CORRUPTION_LIMIT[corruption_of] - 0.001
    return min(whole_below(share * 1000) / 1000, below_limit)


_NOUN = {"all": "the training set", "inliers": "its inliers"}


def _odds(corruption: float, corruption_of: str) -> float:
    """Return outliers an inlier."""
    return corruption / (1 - corruption) if corruption_of == "all" else corruption
