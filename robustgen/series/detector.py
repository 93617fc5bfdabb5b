"""Any detector of windows as one of the points of a series."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin, clone
from sklearn.utils.validation import check_is_fitted

from robustgen._checks import UsageError, check_choice, check_count
from robustgen._declared import Signals
from robustgen._storable import storable
from robustgen.detectors.parameters import check_contamination
from robustgen.inference.audit import contamination_offset, finite_scores
from robustgen.inference.corruption import estimate_corruption
from robustgen.inference.p_values import conformal_p_values, trimmed
from robustgen.inference.scores import refuse_opposite_sign, scores_of
from robustgen.series.given import Series, all_series, is_several
from robustgen.series.intervals import Anomaly, anomalies_in
from robustgen.series.nearest_windows import NearestWindows
from robustgen.series.point_errors import PointErrors, fit_point_errors, standardised_roots
from robustgen.series.windows import OverlapMean, window_blocks, window_starts, windows_of
from robustgen.storage import save
from robustgen.training.scaling import Scaling, fit_scaling

SCORINGS = ("auto", "residual", "windows")
GAP = 4
"""The window over what may lie between stretches that are one: 16 points of 64."""
STRIDES = 16
"""Windows that cover a point where the user names no stride."""


@storable
class SeriesDetector(MetaEstimatorMixin, OutlierMixin, BaseEstimator):
    r"""Score every point of long series by a detector that learns windows of them.

    The channels are brought to their median and interquartile range, a window slides over them, and the
    detector learns the windows as rows. A point is scored by what the windows around it say, their mean
    (aeon's convention): by the squared **residual** of the detector's reconstruction at that point, as it is
    and smoothed over half of the window and all of it (:class:`robustgen.series.point_errors.PointErrors`);
    or, of detectors without ``reconstruct``, by the scores of whole **windows**.

    Parameters
    ----------
    detector : estimator or None
        Any detector of robustgen or in scikit-learn's manner, or a pipeline; it is cloned. ``None`` takes
        :class:`robustgen.series.nearest_windows.NearestWindows`, which learns no net.
    window : int
        W, the points of a window: one or two periods of what repeats. Series have W points at least.
    stride : int or None
        Points from one window to the next, in training and in scoring; ``None`` is a sixteenth of the window.
    scoring : {"auto", "residual", "windows"}
        By what points are scored; "auto" by the residual where the detector has ``reconstruct``.
    as_signals : bool
        Whether windows are given as :class:`robustgen.Signals`, which takes convolutions or descriptions,
        rather than as vectors of C W columns.
    time : str or None
        The column of a DataFrame that holds the time; ``None`` takes its index.
    contamination : float in (0, 0.5] or "auto"
        The share of the training points that ``predict`` marks; "auto" takes ``contamination_``.
    calibration : float in (0, 1) or None
        The share of each series, its end, that is kept from the detector, for ``p_values``.

    Attributes
    ----------
    detector_ : estimator
        The fitted detector of windows.
    anomalies_ : list of Anomaly, or list of such lists
        ``anomalies`` of the training series; a model file does not hold them.
    training_scores_ : ndarray, (n,)
        The scores of all points that were learnt, of one series after the other.
    contamination_ : float
        The estimated share of outlying points among them
        (:func:`robustgen.inference.corruption.estimate_corruption`), of residuals the lesser of that by the
        scores and by :func:`robustgen.series.point_errors.standardised_roots`.
    contamination_interval_ : tuple of float
        (lower, upper) around it, at 90 %, as if points were independent.
    offset_ : float
        The threshold on ``score_samples``.
    n_channels_ : int
        C.
    channels_ : tuple of str or None
        Their names, where a DataFrame has them.

    References
    ----------
    Schmidl, Wenig and Papenbrock, "Anomaly Detection in Time Series: A Comprehensive Evaluation", PVLDB 15
    (2022), section 2.3, for windows whose scores are brought back to points.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> series = np.sin(2 * np.pi * np.arange(1000) / 50) + 0.1 * rng.normal(size=1000)
    >>> detector = SeriesDetector(window=64).fit(series)
    >>> frozen = series.copy()
    >>> frozen[710:730] = frozen[710]
    >>> worst = detector.anomalies(frozen)[0]
    >>> 690 < worst.start < worst.stop < 760
    True
    """

    detector_: Any
    errors_: PointErrors
    scaling_: Scaling
    reference_: NDArray[np.float64]

    def __init__(
        self,
        detector: Any = None,
        *,
        window: int = 64,
        stride: int | None = None,
        scoring: str = "auto",
        as_signals: bool = False,
        time: str | None = None,
        contamination: float | str = "auto",
        calibration: float | None = None,
    ) -> None:
        self.detector = detector
        self.window = window
        self.stride = stride
        self.scoring = scoring
        self.as_signals = as_signals
        self.time = time
        self.contamination = contamination
        self.calibration = calibration

    def fit(self, X: Any, y: Any = None) -> SeriesDetector:
        """Learn the windows of one series or of several.

        Parameters
        ----------
        X : array (T,) or (T, C), DataFrame, or list of them
            The series, faults among the points or not.
        y : None
            Ignored.

        Returns
        -------
        SeriesDetector
            The detector itself.

        Raises
        ------
        UsageError
            When a parameter is out of its range, or a series is shorter than the window, holds text, NaN or
            infinity, or its time does not grow.
        """
        self._check_parameters()
        series = all_series(X, self.time)
        self.n_channels_, self.channels_ = series[0].values.shape[1], series[0].channels
        self._expect_alike(series)
        parts = [_parted(part.values, self.calibration, self.window) for part in series]
        learnt = [values for values, _ in parts]
        self.scaling_ = fit_scaling(np.concatenate(learnt), "robust")
        self._stride = self.stride or max(1, self.window // STRIDES)
        windows = [self._windows(self._scaled(values)) for values in learnt]
        self.detector_ = self._unfitted().fit(self._rows(np.concatenate(windows)))
        self._learn_threshold([self._residuals(values) for values in learnt])
        self.anomalies_ = _like(X, [self._anomalies(part) for part in series])
        aside = [self._scores(values) for _, values in parts if len(values)]
        self.reference_ = self._reference(aside)
        self._recent = np.empty((0, self.n_channels_))
        return self

    def _learn_threshold(self, residuals: list[NDArray[np.float64]]) -> None:
        widths = (1, max(2, self.window // 2), self.window) if self._by_residual() else (1,)
        self.errors_ = fit_point_errors(residuals, widths)
        scores = finite_scores(-np.concatenate([self.errors_(part) for part in residuals]))
        self.training_scores_ = scores
        estimates = [estimate_corruption(scores)]
        if self._by_residual():
            estimates.append(estimate_corruption(-standardised_roots(residuals, widths)))
        self.contamination_, self.contamination_interval_ = min(estimates)
        share = self.contamination_ if isinstance(self.contamination, str) else self.contamination
        self.offset_ = contamination_offset(scores, share)

    def _reference(self, scores: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the lowest score of each block that was kept aside, without those that are far out."""
        lowest = [block for part in scores for block in self._blocks(part)]
        if not lowest:
            return np.empty(0)
        found = np.array(lowest)
        return trimmed(found, estimate_corruption(found).interval[0])

    def _check_parameters(self) -> None:
        check_count("window", self.window)
        if self.window < 2:
            raise UsageError(f"got window={self.window}, expected 2 points or more, such as 64")
        if self.stride is not None:
            check_count("stride", self.stride)
        check_choice("scoring", self.scoring, SCORINGS)
        check_contamination(self.contamination)
        share = self.calibration
        if share is not None and not (isinstance(share, float) and 0 < share < 1):
            raise UsageError(f"got calibration={share!r}, expected a share of the series, such as 0.3")
        if self.detector is not None:
            refuse_opposite_sign(self.detector)

    def _unfitted(self) -> Any:
        if self.detector is None:
            return NearestWindows(exclusion=-(-self.window // self._stride) - 1)
        return clone(self.detector)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "anomalies_"}

    def _by_residual(self) -> bool:
        if self.scoring == "auto":
            return hasattr(self.detector_, "reconstruct")
        return self.scoring == "residual"

    def _expect_alike(self, series: Sequence[Series]) -> None:
        for part in series:
            if part.values.shape[1] != self.n_channels_ or part.channels != self.channels_:
                given, learnt = _named(part.channels, part.values.shape[1]), self._channel_names()
                raise UsageError(f"got a series with {given}, expected {learnt}: the same in the same order")
            if len(part.values) < self.window:
                raise UsageError(
                    f"got a series of {len(part.values)} points, expected {self.window} or more: "
                    "take a smaller window"
                )

    def _channel_names(self) -> str:
        return _named(self.channels_, self.n_channels_)

    def _given(self, X: Any) -> list[Series]:
        check_is_fitted(self)
        series = all_series(X, self.time)
        self._expect_alike(series)
        return series

    def _scaled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return (values - self.scaling_.center) / self.scaling_.scale

    def _windows(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return windows_of(values, self.window, window_starts(len(values), self.window, self._stride))

    def _rows(self, windows: NDArray[np.float64]) -> Any:
        return Signals(windows) if self.as_signals else windows.reshape(len(windows), -1)

    def _residuals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the squared residual (T, C) of each point, or what its windows say of it, (T, 1)."""
        scaled = self._scaled(values)
        n_columns = self.n_channels_ if self._by_residual() else 1
        mean = OverlapMean(len(values), n_columns)
        for starts, windows in window_blocks(scaled, self.window, self._stride):
            mean.add(starts, self._said_of(windows))
        return mean.values()

    def _said_of(self, windows: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self._by_residual():
            errors = -scores_of(self.detector_, self._rows(windows))
            return np.broadcast_to(errors[:, None, None], (len(windows), 1, self.window))
        made = self.detector_.reconstruct(self._rows(windows))
        return (windows - made.reshape(windows.shape)) ** 2

    def _scores(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return finite_scores(-self.errors_(self._residuals(values)))

    def score_samples(self, X: Any) -> Any:
        """Return how normal each point is.

        Parameters
        ----------
        X : array (T,) or (T, C), DataFrame, or list of them
            Series of the channels that were learnt.

        Returns
        -------
        ndarray of float64, (T,), or list of them where X is one
            Larger = more normal; above 0 where a point is better than the median training point.
        """
        return _like(X, [self._scores(part.values) for part in self._given(X)])

    def decision_function(self, X: Any) -> Any:
        """Return the scores shifted so that outlying points are below 0.

        Parameters
        ----------
        X : array (T,) or (T, C), DataFrame, or list of them
            Series of the channels that were learnt.

        Returns
        -------
        ndarray of float64, (T,), or list of them where X is one
            ``score_samples(X) - offset_``.
        """
        return _like(X, [self._scores(part.values) - self.offset_ for part in self._given(X)])

    def predict(self, X: Any) -> Any:
        """Tell normal points from outlying ones.

        Parameters
        ----------
        X : array (T,) or (T, C), DataFrame, or list of them
            Series of the channels that were learnt.

        Returns
        -------
        ndarray of int, (T,), or list of them where X is one
            +1 for a normal point, -1 for an outlying one.
        """
        marked = [self._scores(part.values) < self.offset_ for part in self._given(X)]
        return _like(X, [np.where(below, -1, 1) for below in marked])

    def fit_predict(self, X: Any, y: Any = None) -> Any:
        """Fit, and tell normal points from outlying ones.

        Parameters
        ----------
        X : array (T,) or (T, C), DataFrame, or list of them
            The series.
        y : None
            Ignored.

        Returns
        -------
        ndarray of int, (T,), or list of them where X is one
            +1 for a normal point, -1 for an outlying one.
        """
        return self.fit(X).predict(X)

    def anomalies(self, X: Any) -> Any:
        """Return the stretches of outlying points, worst first.

        A stretch takes the points that are half as far below the threshold as the worst within half a window,
        and stretches that are a quarter of the window apart, or less, are one.

        Parameters
        ----------
        X : array (T,) or (T, C), DataFrame, or list of them
            Series of the channels that were learnt.

        Returns
        -------
        list of Anomaly, or list of such lists where X is a list
            Each with ``start``, ``stop``, ``score``, ``begin`` and ``end``.
        """
        return _like(X, [self._anomalies(part) for part in self._given(X)])

    def _anomalies(self, series: Series) -> list[Anomaly]:
        scores = self._scores(series.values)
        return anomalies_in(scores, self.offset_, series.times, self.window, self.window // GAP)

    def explain(self, X: Any) -> Any:
        """Return what each channel contributes to the error of each point: minus the score, shared out.

        Parameters
        ----------
        X : array (T,) or (T, C), DataFrame, or list of them
            Series of the channels that were learnt.

        Returns
        -------
        ndarray of float64, (T, C), DataFrame, or list of them
            In proportion to the channels' squared residuals; a point's contributions add up to minus its
            score.

        Raises
        ------
        UsageError
            When points are scored by windows, which say nothing of channels.
        """
        series = self._given(X)
        if not self._by_residual():
            raise UsageError(
                "points are scored by windows, which say nothing of channels: take one that reconstructs"
            )
        return _like(X, [self._explained(part) for part in series])

    def _explained(self, series: Series) -> Any:
        parts = self.errors_.parts(self._residuals(series.values))
        if series.channels is None:
            return parts
        from pandas import DataFrame

        return DataFrame(parts, index=series.times, columns=list(series.channels))

    def p_values(self, X: Any) -> Any:
        """Return the probability that a normal block of the series scores as low as that of each point.

        Points that are near each other are alike, so that their scores are not exchangeable; blocks of W
        points nearly are where what is normal repeats within them. A block is measured by its lowest score,
        against those of the blocks that were kept from the detector (``calibration``), and each of its points
        has its p-value. Blocks are counted from the start; the last one may be shorter.

        Parameters
        ----------
        X : array (T,) or (T, C), DataFrame, or list of them
            Series of the channels that were learnt.

        Returns
        -------
        ndarray of float64, (T,), or list of them where X is one
            In (0, 1], small for outlying stretches.

        Raises
        ------
        UsageError
            When nothing was kept aside in ``fit``.

        References
        ----------
        Chernozhukov, Wuthrich and Zhu, "Exact and Robust Conformal Inference Methods for Predictive Machine
        Learning with Dependent Data", COLT 2018, for blocks as what is exchangeable.
        """
        series = self._given(X)
        if not self.reference_.size:
            raise UsageError("no part of the series was kept aside: fit with calibration=0.3")
        return _like(X, [self.block_p_values(self._scores(part.values)) for part in series])

    def block_p_values(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the p-values that go with the scores of a series.

        Parameters
        ----------
        scores : ndarray of float, (T,)
            ``score_samples`` of it.

        Returns
        -------
        ndarray of float64, (T,)
            As ``p_values`` returns them.
        """
        p_values = conformal_p_values(self._blocks(scores), self.reference_)
        return np.repeat(p_values, self.window)[: len(scores)]

    def _blocks(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the lowest score of each block of W points."""
        return np.minimum.reduceat(scores, np.arange(0, len(scores), self.window))

    def score_next(self, points: Any) -> NDArray[np.float64]:
        """Score points as they come: each as the last point of the series up to it.

        The detector remembers the last 2 W points that it was given here. What smooths a score later sees
        both sides of a point; of the newest it sees the past only.

        Parameters
        ----------
        points : float, or array (m,) of one channel, or (C,) or (m, C)
            The next point, or the next m.

        Returns
        -------
        ndarray of float64, (m,)
            ``score_samples(series)[-1]`` at each; NaN until W points are there.
        """
        check_is_fitted(self)
        given = np.asarray(points, dtype=np.float64).reshape(-1, self.n_channels_)
        return np.array([self._score_of_next(point) for point in all_series(given)[0].values])

    def _score_of_next(self, point: NDArray[np.float64]) -> float:
        self._recent = np.vstack([self._recent, point])[-2 * self.window :]
        return float(self._scores(self._recent)[-1]) if len(self._recent) >= self.window else np.nan

    def restart(self) -> SeriesDetector:
        """Forget the points that ``score_next`` was given: another series begins.

        Returns
        -------
        SeriesDetector
            The detector itself.
        """
        self._recent = np.empty((0, self.n_channels_))
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted detector to a file that :func:`robustgen.load` reads.

        Parameters
        ----------
        path : str or path-like
            The file; see :func:`robustgen.save`.
        """
        save(self, path)


def _like(X: Any, results: list[Any]) -> Any:
    """Return what belongs to one series where one was given, a list where a list was."""
    return results if is_several(X) else results[0]


def _named(channels: tuple[str, ...] | None, n_channels: int) -> str:
    return f"{n_channels} channels" if channels is None else f"the channels {', '.join(channels)}"


def _parted(
    values: NDArray[np.float64], share: float | None, window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Part a series (T, C) into what is learnt and its end, which is kept aside."""
    if share is None:
        return values, values[:0]
    cut = round((1 - share) * len(values))
    if min(cut, len(values) - cut) < window:
        raise UsageError(
            f"got calibration={share} of a series of {len(values)} points, expected {window} points or more "
            "on either side: keep another share, or give a longer series"
        )
    return values[:cut], values[cut:]
