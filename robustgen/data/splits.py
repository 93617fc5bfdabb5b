"""The three protocols: which rows train, which rows test, the same for every detector.

The draw of a (dataset, inlier class, repetition) fixes the inliers; the corruption only decides
how many outliers join them. No seed depends on a detector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError, suggest
from robustgen._seeds import seed_from
from robustgen.data.corruption import (
    check_corruption,
    check_corruption_of,
    largest_corruption,
    most_inliers,
    outliers_needed,
)
from robustgen.data.dataset import Dataset

Protocol = Literal["inductive", "transductive", "clean"]
"""How training rows and test rows relate; see `draw`."""

_Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """One draw: rows to train on, rows to test on, and which of them are outliers.

    Parameters
    ----------
    X : array (N, ...) or CSR matrix (N, d)
        All rows of the data set, as it stores them.
    outlier : bool (N,)
        Which of them are outliers. A detector never sees this.
    train_index : int (n,)
        Where each training row stands in the data set.
    test_index : int (m,)
        Where each test row stands in the data set.

    Examples
    --------
    >>> from robustgen.data import draw, load
    >>> split = draw(load("breast_cancer"), corruption=0.1)
    >>> split.X_train.shape[1], round(float(split.outlier_train.mean()), 2)
    (30, 0.1)
    """

    X: NDArray
    outlier: NDArray[np.bool_]
    train_index: _Rows
    test_index: _Rows

    @property
    def X_train(self) -> NDArray:  # noqa: N802
        """The training rows (n, ...): a new copy, which a detector may write to."""
        return self.X[self.train_index]

    @property
    def X_test(self) -> NDArray:  # noqa: N802
        """The test rows (m, ...): a new copy."""
        return self.X[self.test_index]

    @property
    def outlier_train(self) -> NDArray[np.bool_]:
        """Which training rows (n,) are outliers."""
        return self.outlier[self.train_index]

    @property
    def outlier_test(self) -> NDArray[np.bool_]:
        """Which test rows (m,) are outliers."""
        return self.outlier[self.test_index]

    @property
    def n_train_inliers(self) -> int:
        """The number of training inliers."""
        return int(np.count_nonzero(~self.outlier_train))

    @property
    def n_train_outliers(self) -> int:
        """The number of training outliers."""
        return int(np.count_nonzero(self.outlier_train))

    def clean(self) -> Split:
        """Return the clean oracle's draw: the training outliers removed, the same test rows.

        Returns
        -------
        Split
            A new draw; this one is unchanged.
        """
        return replace(self, train_index=self.train_index[~self.outlier_train])


@dataclass(frozen=True)
class _Pools:
    """The rows that a draw may take, each in its drawn order: a prefix is a sample."""

    inliers: _Rows
    outliers: _Rows
    held_out_inliers: _Rows
    held_out_outliers: _Rows


def draw(
    dataset: Dataset,
    *,
    protocol: str = "inductive",
    corruption: float = 0.0,
    inlier_class: str | int | None = None,
    repetition: int = 0,
    corruption_of: str = "all",
    max_train: int = 2000,
    max_test: int = 20_000,
    max_corruption: float = 0.3,
) -> Split:
    """Draw training and test rows by a protocol.

    ``"inductive"`` deals inliers and outliers each into a training half and a held-out half.
    The training inliers are the same rows at every corruption, and training-side outliers join
    them; the test rows are the held-out rows of both kinds, the same at every corruption.
    ``"transductive"`` trains on inliers plus outliers and tests on the very same rows.
    ``"clean"`` is the inductive draw at corruption 0, and accepts no other.

    The number of training inliers is the largest that `max_train`, the inliers and `max_corruption`
    allow: sets with few outliers train on fewer inliers, so that one draw serves every
    corruption up to `max_corruption`.

    Parameters
    ----------
    dataset : Dataset
        The rows and labels.
    protocol : {"inductive", "transductive", "clean"}
        How training rows and test rows relate.
    corruption : float
        The share of outliers, in [0, 0.5) of the training rows or in [0, 1) of the inliers; rounded to
        whole rows. Above 0 for "transductive".
    inlier_class : str, int or None
        The class whose rows are inliers, by name or index; None for a set that comes with outlier
        labels.
    repetition : int
        The number of the draw; each has its own rows.
    corruption_of : {"all", "inliers"}
        What a corruption is a share of; "inliers" is the papers' ratio outliers / inliers.
    max_train : int
        The most training inliers, at least 2.
    max_test : int
        The most test rows of an inductive draw, inliers and outliers in proportion; at least 2.
    max_corruption : float
        The largest corruption that the draw is sized for: the range of `corruption`, but for 0.

    Returns
    -------
    Split
        The rows, their outlier marks and their places in the data set.

    Raises
    ------
    UsageError
        If an argument is out of range, the inlier class is missing or wrong, or the set has
        too few outliers for the corruption (with the largest one that it reaches).

    Examples
    --------
    >>> from robustgen.data import draw, load
    >>> split = draw(load("digits"), inlier_class="3", corruption=0.3)
    >>> split.X_train.shape, split.n_train_outliers
    ((130, 8, 8), 39)
    """
    _check(protocol, corruption, corruption_of, max_train, max_test, max_corruption)
    outlier = dataset.outlier_mask(inlier_class)
    identity = (dataset.name, dataset.class_name(inlier_class))
    pools = _deal(outlier, (*identity, repetition), halves=protocol != "transductive")
    n_inliers = min(
        max_train, pools.inliers.size, most_inliers(pools.outliers.size, max_corruption, corruption_of)
    )
    n_outliers = outliers_needed(n_inliers, corruption, corruption_of)
    _check_enough(dataset.name, pools, n_inliers, n_outliers, corruption, corruption_of)
    rng = np.random.default_rng(seed_from("outliers", *identity, float(corruption), repetition))
    joining = rng.permutation(pools.outliers)[:n_outliers]
    train = rng.permutation(np.concatenate([pools.inliers[:n_inliers], joining]))
    test = train if protocol == "transductive" else _held_out(pools, max_test)
    if not outlier[test].any():
        raise UsageError(
            f"got corruption = {corruption:g} for dataset '{dataset.name}', expected an outlier among the "
            f"{train.size} rows that are trained and tested on: choose a larger one"
        )
    return Split(dataset.X, outlier, train, test)


def check_protocol(protocol: str) -> None:
    """Accept "inductive", "transductive" and "clean"."""
    known = get_args(Protocol)
    if protocol not in known:
        raise UsageError(
            f"got protocol '{protocol}', expected one of {', '.join(known)}{suggest(protocol, known)}"
        )


def check_max_corruption(max_corruption: float, corruption_of: str = "all") -> None:
    """Accept what `check_corruption` accepts, but for 0."""
    try:
        check_corruption(max_corruption, corruption_of)
    except UsageError as error:
        raise UsageError(f"max_corruption, the largest that a draw is sized for: {error}") from None
    if max_corruption == 0:
        raise UsageError(
            "got max_corruption = 0, expected more: it is the largest corruption that a draw is sized for"
        )


def _check(
    protocol: str, corruption: float, corruption_of: str, max_train: int, max_test: int, max_corruption: float
) -> None:
    check_protocol(protocol)
    check_corruption_of(corruption_of)
    check_corruption(corruption, corruption_of)
    check_max_corruption(max_corruption, corruption_of)
    if protocol == "clean" and corruption > 0:
        raise UsageError(
            f"got corruption = {corruption:g} for the clean protocol, expected 0: it trains on inliers only"
        )
    if max_train < 2 or max_test < 2:
        raise UsageError(
            f"got max_train = {max_train} and max_test = {max_test}, expected at least 2: take more rows"
        )


def _deal(outlier: NDArray[np.bool_], seed_parts: tuple[object, ...], *, halves: bool) -> _Pools:
    """Shuffle inliers and outliers, each by its own seed, and deal them to the two sides."""
    inliers = _shuffled(np.flatnonzero(~outlier), "inlier order", seed_parts)
    outliers = _shuffled(np.flatnonzero(outlier), "outlier order", seed_parts)
    if not halves:
        nobody = inliers[:0]
        return _Pools(inliers, outliers, nobody, nobody)
    middle_in, middle_out = inliers.size // 2, outliers.size // 2
    return _Pools(inliers[:middle_in], outliers[:middle_out], inliers[middle_in:], outliers[middle_out:])


def _shuffled(rows: _Rows, purpose: str, seed_parts: tuple[object, ...]) -> _Rows:
    return np.random.default_rng(seed_from(purpose, *seed_parts)).permutation(rows)


def _check_enough(
    name: str, pools: _Pools, n_inliers: int, n_outliers: int, corruption: float, corruption_of: str
) -> None:
    at_hand = pools.outliers.size
    if n_inliers < 2:
        raise UsageError(
            f"got {pools.inliers.size} inliers and {at_hand} outliers of dataset '{name}', which leave "
            f"{n_inliers} training inliers, expected 2 at least: take a larger data set"
        )
    if n_outliers > at_hand:
        largest = largest_corruption(n_inliers, at_hand, corruption_of)
        raise UsageError(
            f"got corruption = {corruption:g} for dataset '{name}', expected at most {largest:g}, for it has "
            f"{at_hand} outliers to mix with {n_inliers} training inliers: lower the corruption, "
            f"or set max_corruption to {corruption:g} to train on fewer inliers"
        )


def _held_out(pools: _Pools, max_test: int) -> _Rows:
    """Return the test rows in the order of the data set, both kinds cut in proportion to fit."""
    inliers, outliers = pools.held_out_inliers, pools.held_out_outliers
    total = inliers.size + outliers.size
    if total > max_test:
        n_outliers = min(max(1, round(max_test * outliers.size / total)), max_test - 1)
        inliers, outliers = inliers[: max_test - n_outliers], outliers[:n_outliers]
    return np.sort(np.concatenate([inliers, outliers]))
