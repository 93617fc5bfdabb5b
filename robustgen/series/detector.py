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
from robustgen._storable import storable
from robustgen.detectors.parameters import check_contamination
from robustgen.inference.audit import contamination_offset, finite_scores
from robustgen.inference.corruption import counted_corruption, estimate_corruption
from robustgen.inference.p_values import conformal_p_values, trimmed
from robustgen.inference.scores import refuse_opposite_sign
from robustgen.series.given import Series, all_series, is_several, next_points
from robustgen.series.intervals import Anomaly, anomalies_in
from robustgen.series.nearest_windows import NearestWindows
from robustgen.series.point_errors import PointErrors, fit_point_errors, standardised_roots, unusual
from robustgen.series.windowed import WindowedDetector
from robustgen.storage import save
from robustgen.training.scaling import Scaling, fit_scaling

SCORINGS = ("auto", "residual", "windows")
GAP = 4
"""The window over what may lie between stretches that are one: 16 points of 64."""
STRIDES = 16
"""Windows that cover a point where the user names no stride."""
FARTHEST = 1e15
"""Interquartile ranges from the median beyond which all points are equally far: their squares are finite."""


@storable
class SeriesDetector(MetaEstimatorMixin, OutlierMixin, BaseEstimator):
    r"""Score every point of long series by a detector that learns windows of them.

    The channels are brought to their median and interquartile range, a window slides over them, and the
    detector learns the windows as rows. A point is scored by what the windows around it say, their mean
    (aeon's convention): by the squared **residual** of the detector's reconstruction at that point, as it is
    and smoothed over half of the window and all of it (:class:`robustgen.series.point_errors.PointErrors`);
    or, of detectors without ``reconstruct``, by the scores of whole **windows**. Windows count points: of a
    series with gaps, or with irregular steps, resample it, or give its parts as a list.

    Parameters
    ----------
    detector : estimator or None
        Any detector of robustgen or in scikit-learn's manner, or a pipeline; it is cloned. ``None`` takes
        :class:`robustgen.series.nearest_windows.NearestWindows`, which learns no net.
    window : int
        W, the points of a window: one or two periods of what repeats. Series have W points at least.
    stride : int or None
        Points from one window to the next, in training and in scoring, W at most; ``None`` is a sixteenth of
        the window.
    scoring : {"auto", "residual", "windows"}
        By what points are scored; "auto" by the residual where the detector has ``reconstruct``.
    as_signals : bool
        Whether windows are given as :class:`robustgen.Signals`, which takes convolutions or descriptions,
        rather than as vectors of C W columns.
    time : str or None
        The column of a DataFrame that holds the time; ``None`` takes its index. Times grow from point to
        point.
    contamination : float in (0, 0.5] or "auto"
        The share of the training points that ``predict`` marks; "auto" takes ``contamination_``.
    calibration : float in (0, 1) or None
        The share of each series, its end, that is kept from the detector, for ``p_values``.

    Attributes
    ----------
    detector_ : estimator
        The fitted detector of windows, or ``NearestWindows``.
    anomalies_ : list of Anomaly, or list of such lists
        ``anomalies`` of the training series; a model file does not hold them.
    training_scores_ : ndarray, (n,)
        The scores of all points that were learnt, of one series after the other.
    contamination_ : float
        The estimated share of outlying points among them
        (:func:`robustgen.inference.corruption.estimate_corruption`), of residuals the least of that by the
        scores, by :func:`robustgen.series.point_errors.standardised_roots` and of
        :func:`robustgen.series.point_errors.unusual` points.
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
            infinity, or its times do not grow.
        """
        self._check_parameters()
        series = all_series(X, self.time)
        self.n_channels_, self.channels_ = series[0].values.shape[1], series[0].channels
        self._expect_alike(series)
        stride = self.stride or max(1, self.window // STRIDES)
        parts = [_parted(part.values, self.calibration, self.window, stride) for part in series]
        learnt = [values for values, _ in parts]
        self.scaling_ = fit_scaling(np.concatenate(learnt), "robust")
        self._points = self._unfitted(stride).fit([self._scaled(values) for values in learnt])
        self._learn_threshold([self._residuals(values) for values in learnt])
        self.anomalies_ = _like(X, [self._anomalies(part) for part in series])
        aside = [self._scores(values) for _, values in parts if len(values)]
        self.reference_ = self._reference(aside)
        self._recent = np.empty((0, self.n_channels_))
        return self

    @property
    def detector_(self) -> Any:
        """The fitted detector of windows."""
        return getattr(self._points, "detector", self._points)

    def _learn_threshold(self, residuals: list[NDArray[np.float64]]) -> None:
        widths = (1, max(2, self.window // 2), self.window) if self._by_residual() else (1,)
        self.errors_ = fit_point_errors(residuals, widths)
        scores = finite_scores(-np.concatenate([self.errors_(part) for part in residuals]))
        self.training_scores_ = scores
        estimates = [estimate_corruption(scores)]
        if self._by_residual():
            estimates.append(estimate_corruption(-standardised_roots(residuals, widths)))
            estimates.append(counted_corruption(unusual(residuals, widths), len(scores)))
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
            if self.stride > self.window:
                raise UsageError(
                    f"got stride={self.stride} and window={self.window}, expected a stride of the window or "
                    "less: points between windows would have no score"
                )
        check_choice("scoring", self.scoring, SCORINGS)
        check_contamination(self.contamination)
        share = self.calibration
        if share is not None and not (isinstance(share, float) and 0 < share < 1):
            raise UsageError(f"got calibration={share!r}, expected a share of the series, such as 0.3")
        self._check_detector()

    def _check_detector(self) -> None:
        if self.detector is None:
            if self.scoring == "windows":
                raise UsageError("got scoring='windows' alone, expected a detector too: name one of rows")
            return
        refuse_opposite_sign(self.detector)
        needed = ["get_params", "fit"]
        if self.scoring == "residual":
            needed.append("reconstruct")
        elif not any(hasattr(self.detector, name) for name in ("reconstruct", "decision_function")):
            needed.append("score_samples")
        missing = [name for name in needed if not hasattr(self.detector, name)]
        if missing:
            raise UsageError(
                f"got detector={self.detector!r} without {missing[0]}, expected a detector of rows with it, "
                "such as Autoencoder()"
            )

    def _unfitted(self, stride: int) -> NearestWindows | WindowedDetector:
        if self.detector is None:
            return NearestWindows(self.window, stride)
        return WindowedDetector(
            clone(self.detector),
            self.window,
            stride,
            by_residual=self._by_residual(),
            as_signals=self.as_signals,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "anomalies_"}

    def _by_residual(self) -> bool:
        if self.scoring == "auto":
            return self.detector is None or hasattr(self.detector, "reconstruct")
        return self.scoring == "residual"

    def _expect_alike(self, series: Sequence[Series]) -> None:
        for part in series:
            if part.values.shape[1] != self.n_channels_ or part.channels != self.channels_:
                given, learnt = _named(part.channels, part.values.shape[1]), self._channel_names()
                raise UsageError(
                    f"got {part.name} with {given}, expected {learnt}: the same in the same order"
                )
            if len(part.values) < self.window:
                raise UsageError(
                    f"got {part.name} of {len(part.values)} points, expected {self.window} or more: "
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
        with np.errstate(over="ignore"):
            scaled = (values - self.scaling_.center) / self.scaling_.scale
        return scaled.clip(-FARTHEST, FARTHEST)

    def _residuals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._points.residuals(self._scaled(values))

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
        points : float, or array (m,) of one channel, or (C,) or (m, C), or DataFrame
            The next point, or the next m.

        Returns
        -------
        ndarray of float64, (m,)
            ``score_samples(series)[-1]`` at each; NaN until W points are there.

        Raises
        ------
        UsageError
            When there is no point, or its channels are not those that were learnt.
        """
        check_is_fitted(self)
        given = next_points(points, self.n_channels_, self.time)
        if given.channels not in (None, self.channels_) or given.values.shape[1] != self.n_channels_:
            names = _named(given.channels, given.values.shape[1])
            raise UsageError(f"got points with {names}, expected {self._channel_names()}")
        return np.array([self._score_of_next(point) for point in given.values])

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
    if channels is None:
        return f"{n_channels} channel{'s' * (n_channels != 1)}"
    return f"the channels {', '.join(channels)}"


def _parted(
    values: NDArray[np.float64], share: float | None, window: int, stride: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Part a series (T, C) into what is learnt and its end, which is kept aside: so many strides.

    Windows are counted from the end: so those that are learnt are those of the whole series too.
    """
    if share is None:
        return values, values[:0]
    cut = len(values) - stride * round(share * len(values) / stride)
    if min(cut, len(values) - cut) < window:
        raise UsageError(
            f"got calibration={share} of a series of {len(values)} points, expected {window} points or more "
            "on either side: keep another share, or give a longer series"
        )
    return values[:cut], values[cut:]
