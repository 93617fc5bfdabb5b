"""Decisions with a known error rate, around any detector."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin, clone
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.utils import Tags, _safe_indexing, get_tags, indexable
from sklearn.utils.validation import _num_samples, check_is_fitted

from robustgen._checks import UsageError
from robustgen._fitting import all_at_once
from robustgen._seeds import base_seed
from robustgen._storable import storable
from robustgen.inference.audit import InlierProbability
from robustgen.inference.corruption import Corruption, estimate_corruption
from robustgen.inference.p_values import (
    ROUNDED_ALIKE,
    conformal_p_values,
    discoveries,
    ranks,
    trimmed,
    why_never,
)
from robustgen.inference.scores import refuse_opposite_sign, scores_of, tolerance_of
from robustgen.inference.ties import Tolerance


@storable
class Part(NamedTuple):
    """A detector and the rows that were kept from it.

    Attributes
    ----------
    detector : estimator
        Fitted to the other rows.
    reference : ndarray of float
        Its scores of the rows that it has not seen, in order, without the trimmed ones.
    inlier_probability : InlierProbability
        The posterior that all of these scores tell.
    corruption : Corruption
        Their estimated share of outliers.
    """

    detector: Any
    reference: NDArray[np.float64]
    inlier_probability: InlierProbability
    corruption: Corruption


@storable
class ConformalDetector(MetaEstimatorMixin, OutlierMixin, BaseEstimator):
    r"""Give p-values, decisions at a false discovery rate and probabilities to a detector.

    Some training rows are kept from the detector, and a new row is ranked among their scores:

    .. math:: p(x) = \frac{1 + \#\{ i : r_i \le s(x) \}}{1 + n}

    No distribution is assumed. The held-out rows are as dirty as the others, though: outliers
    among them make all p-values too large, so that nothing is discovered. Hence the share of them
    that are clearly outliers is trimmed first.

    Parameters
    ----------
    detector : estimator
        Any unfitted detector with ``fit`` and ``score_samples`` or ``decision_function``, larger =
        more normal: ours, scikit-learn's, or PyOD's in :class:`robustgen.peers.PyODPeer`. It is
        cloned.
    calibration : float or int
        A share in (0, 1): so many rows are kept from one detector, and it alone scores. An
        integer K of 2 or more: cross-conformal, K detectors, each scoring the rows of its fold; every
        row is learnt from and ranked against, at K times the time.
    trim : "auto" or float in [0, 0.5]
        The share of the held-out rows to leave out, the lowest scores. "auto" takes the lower end
        of :func:`robustgen.inference.corruption.estimate_corruption`'s interval.
    random_state : int, numpy.random.RandomState or None
        Which rows are held out.

    Attributes
    ----------
    parts_ : list of Part
        The fitted detectors with their references.
    contamination_ : float
        The estimated share of outliers among the held-out rows, mean over the parts.
    trimmed_ : float
        The share of them that was left out.

    Notes
    -----
    **Conservative or not.** With ``trim=0`` the p-values are conservative, :math:`P(p(x) \le t) \le
    t` for an inlier x, whatever the share of outliers in the reference, as long as outliers tend
    to score lower than inliers: they only raise the ranks. But then few outliers are discovered, or
    none. Trimming keeps the p-values conservative as long as the trimmed rows are outliers; the
    reference still holds every held-out inlier then. An inlier trimmed by mistake lowers them
    by up to :math:`1 / (1 + n)`, which is how the smallest of them come to be too small. So to trim
    the estimated share itself, or even the true one, would not do: outliers that overlap the
    inliers leave inliers to be trimmed in their place. "auto" takes the lower end: it is 0 unless
    more rows than a few are far out, since an inlier, too, is far out now and then. How
    the rules compare: ``reports/calibration``.

    Across folds the detectors differ a little: there what is proved is about :math:`2t` for :math:`t`.

    A p-value depends on no other row of X; a decision at a false discovery rate does.

    References
    ----------
    Bates et al., "Testing for outliers with conformal p-values", Annals of Statistics 51 (2023);
    Bashari, Sesia and Romano, "Robust Conformal Outlier Detection under Contaminated Reference
    Data", ICML 2025, for conservativeness and the danger of trimming; Vovk, "Cross-conformal
    predictors", Ann. Math. Artif. Intell. 74 (2015).

    Examples
    --------
    >>> from sklearn.covariance import EllipticEnvelope
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(size=(450, 3)), rng.normal(9, 1, size=(50, 3))])
    >>> detector = ConformalDetector(EllipticEnvelope(random_state=0), random_state=0).fit(X)
    >>> detector.predict(np.vstack([rng.normal(size=(4, 3)), np.full((2, 3), 12.0)]), fdr=0.1)
    array([ 1,  1,  1,  1, -1, -1])
    """

    def __init__(
        self,
        detector: Any,
        *,
        calibration: float | int = 0.3,
        trim: str | float = "auto",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.detector = detector
        self.calibration = calibration
        self.trim = trim
        self.random_state = random_state

    @all_at_once
    def fit(self, X: Any, y: Any = None) -> ConformalDetector:
        """Fit the detector to a part of the rows and score the rest.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows as the detector takes them; outliers may be among them.
        y : None
            Ignored: no label is used.

        Returns
        -------
        ConformalDetector
            The fitted wrapper itself.

        Raises
        ------
        ValueError
            When a parameter is out of its range or the detector cannot be fitted.
        """
        self._check_parameters()
        refuse_opposite_sign(self.detector)
        (rows,) = indexable(X)
        self.parts_ = [
            self._part(_safe_indexing(rows, seen), _safe_indexing(rows, unseen))
            for seen, unseen in self._splits(_num_samples(rows))
        ]
        self.contamination_ = float(np.mean([part.corruption.share for part in self.parts_]))
        self.trimmed_ = float(np.mean([_trimmed_share(self.trim, part.corruption) for part in self.parts_]))
        return self

    def p_values(self, X: Any) -> NDArray[np.float64]:
        """Return how probable it is that an inlier scores as low as each row.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows like the training rows.

        Returns
        -------
        ndarray of float, (n,)
            In (0, 1], small for outliers.
        """
        check_is_fitted(self)
        below = np.sum(
            [ranks(scores, part.reference, tolerance_of(part.detector)) for part, scores in self._scored(X)],
            axis=0,
        )
        return (1 + below) / (1 + self._n_reference)

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return how normal each row is: its p-value.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows like the training rows.

        Returns
        -------
        ndarray of float64, (n,)
            ``p_values(X)``, larger = more normal. Rows with equal p-values tie.
        """
        return self.p_values(X)

    def decision_function(self, X: Any, fdr: float = 0.1) -> NDArray[np.float64]:
        """Return the p-values shifted so that the rows of X called outliers are below 0.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows like the training rows; they are decided on together.
        fdr : float in (0, 1)
            The false discovery rate; see :meth:`predict`.

        Returns
        -------
        ndarray of float64, (n,)
            The p-value minus the largest one that is called an outlier's and half a step of the p-values
            more; minus half a step where none is.

        Raises
        ------
        UsageError
            When ``fdr`` is not in (0, 1).
        """
        check_rate(fdr)
        p = self.p_values(X)
        half_a_step = 0.5 / (1 + self._n_reference)
        return p - (p[discoveries(p, float(fdr))].max(initial=0.0) + half_a_step)

    def predict(self, X: Any, fdr: float = 0.1) -> NDArray[np.int64]:
        """Tell inliers from outliers, with few false alarms among the alarms.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows like the training rows; they are decided on together.
        fdr : float in (0, 1)
            The false discovery rate: the share of inliers that is expected among the rows called
            outliers.

        Returns
        -------
        ndarray of int, (n,)
            +1 for an inlier, -1 for an outlier.

        Raises
        ------
        UsageError
            When ``fdr`` is not in (0, 1).

        Warns
        -----
        UserWarning
            When so few rows are held out that none can be found at this rate.
        """
        outlier = self.decision_function(X, fdr) < 0
        if never := why_never(self._n_reference, float(fdr)):
            warnings.warn(never, stacklevel=2)
        return np.where(outlier, -1, 1)

    def outlier_probability(self, X: Any) -> NDArray[np.float64]:
        """Return how probable it is that each row is an outlier, where new rows are like the training rows.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows like the training rows.

        Returns
        -------
        ndarray of float, (n,)
            One minus :class:`robustgen.inference.audit.InlierProbability` of the held-out
            scores; it never falls as the score falls.
        """
        check_is_fitted(self)
        return 1 - np.mean([part.inlier_probability(scores) for part, scores in self._scored(X)], axis=0)

    @property
    def _n_reference(self) -> int:
        return sum(part.reference.size for part in self.parts_)

    @property
    def n_features_in_(self) -> int:
        """The number of columns of the training rows."""
        return self._fitted_attribute("n_features_in_")

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """The names of the columns, where the training rows had some."""
        return self._fitted_attribute("feature_names_in_")

    def _fitted_attribute(self, name: str) -> Any:
        if "parts_" not in vars(self):
            raise AttributeError(f"'{name}' is known once the detector is fitted")
        return getattr(self.parts_[0].detector, name)

    def _check_parameters(self) -> None:
        calibration = self.calibration
        folds = isinstance(calibration, Integral) and not isinstance(calibration, bool) and calibration >= 2
        if not folds and not (isinstance(calibration, Real) and 0 < float(calibration) < 1):
            raise UsageError(
                f"got calibration={calibration!r}, expected a share in (0, 1) "
                "or a number of folds of 2 or more"
            )
        _check_trim(self.trim)

    def _splits(self, n_rows: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        seed = base_seed(self.random_state) % 2**32
        if isinstance(self.calibration, Integral):
            splitter: Any = KFold(int(self.calibration), shuffle=True, random_state=seed)
        else:
            splitter = ShuffleSplit(1, test_size=self.calibration, random_state=seed)
        return splitter.split(np.empty((n_rows, 0)))

    def _part(self, seen: Any, unseen: Any) -> Part:
        detector = clone(self.detector).fit(seen)
        scores = scores_of(detector, unseen)
        corruption = estimate_corruption(scores)
        reference = trimmed(scores, _trimmed_share(self.trim, corruption))
        return Part(detector, reference, InlierProbability(scores), corruption)

    def _scored(self, X: Any) -> Iterator[tuple[Part, NDArray[np.float64]]]:
        for part in self.parts_:
            yield part, scores_of(part.detector, X)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.detector).input_tags
        return tags


def check_rate(fdr: Any) -> None:
    """Raise unless a value is a false discovery rate."""
    if not isinstance(fdr, Real) or not 0 < float(fdr) < 1:
        raise UsageError(f"got fdr={fdr!r}, expected a rate in (0, 1), such as 0.1")


def cross_conformal_p_values(
    detector: Any,
    X: Any,
    n_folds: int = 5,
    random_state: int | np.random.RandomState | None = None,
    trim: str | float = "auto",
) -> NDArray[np.float64]:
    r"""Return for each training row how probable it is that an inlier scores as low.

    The rows are dealt into folds at random, and each is scored by a detector that has not seen its fold:

    .. math:: p_i = \frac{1 + \#\{ j \in R : s_j \le s_i \}}{1 + |R|}

    with s the scores out of fold and R the rows whose scores are not trimmed.

    Parameters
    ----------
    detector : estimator
        Any unfitted detector or pipeline that ends in one, as :class:`ConformalDetector` takes it. It is
        cloned, and fitted ``n_folds`` times.
    X : array, DataFrame, CSR matrix or memory map, (n, ...)
        The rows, outliers among them or not.
    n_folds : int of 2 or more
        The number of folds; of fewer rows than folds each is a fold of its own.
    random_state : int, numpy.random.RandomState or None
        Which rows are in which fold. The detector has a seed of its own.
    trim : "auto" or float in [0, 0.5]
        The share of the rows that R leaves out, the lowest scores; "auto" as in :class:`ConformalDetector`.

    Returns
    -------
    ndarray of float, (n,)
        In (0, 1], in the order of X; small for outliers.

    Raises
    ------
    UsageError
        When a parameter is out of its range, there are fewer than two rows, or the detector's scores grow
        with outlyingness.

    Notes
    -----
    Without trimming, :math:`P(p_i \le t) \le t` for an inlier: the folds are random, so the scores out of
    fold of all inliers are exchangeable, and outliers that score lower only raise p. But the ranks of a set
    among itself are 1 to n whatever it holds, so nothing would be discovered in it: all that is known of
    outliers is in what is trimmed, which is nothing unless there are rows that are clearly far out.
    A p-value is that of a row by itself; the rows whose p-values are small are no set with a false discovery
    rate unless :func:`robustgen.inference.p_values.discoveries` chose them.

    References
    ----------
    Vovk, "Cross-conformal predictors", Ann. Math. Artif. Intell. 74 (2015); Barber, Candes, Ramdas and
    Tibshirani, "Predictive inference with the jackknife+", Annals of Statistics 49 (2021), for scores out of
    fold that are pooled.

    Examples
    --------
    >>> from sklearn.covariance import EllipticEnvelope
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(size=(450, 3)), rng.normal(9, 1, size=(50, 3))])
    >>> p = cross_conformal_p_values(EllipticEnvelope(random_state=0), X, random_state=0)
    >>> bool((p[450:] < 0.01).all()), bool((p[:450] < 0.01).mean() < 0.02)
    (True, True)
    """
    if not isinstance(n_folds, Integral) or isinstance(n_folds, bool) or n_folds < 2:
        raise UsageError(f"got n_folds={n_folds!r}, expected a whole number of 2 or more")
    _check_trim(trim)
    refuse_opposite_sign(detector)
    scores, tolerance = _scores_out_of_fold(detector, X, int(n_folds), random_state)
    return conformal_p_values_among(scores, trim, tolerance)


def conformal_p_values_among(
    scores: NDArray[np.float64], trim: str | float = "auto", tolerance: Tolerance = ROUNDED_ALIKE
) -> NDArray[np.float64]:
    r"""Return for each of some rows how probable it is that an inlier among them scores as low.

    .. math:: p_i = \frac{1 + \#\{ j \in R : s_j \le s_i \}}{1 + |R|}

    Parameters
    ----------
    scores : ndarray of float, (n,)
        s, by models that have not seen the row, or that treat all rows alike: those of inliers have to be
        exchangeable.
    trim : "auto" or float in [0, 0.5]
        The share of the rows that R leaves out, as in :func:`cross_conformal_p_values`.
    tolerance : Tolerance
        Which scores are equal.

    Returns
    -------
    ndarray of float, (n,)
        In (0, 1]; small for outliers.

    Examples
    --------
    >>> conformal_p_values_among(np.array([-1.0, -2.0, -3.0, -9.0]), trim=0.25)
    array([1.  , 0.75, 0.5 , 0.25])
    """
    _check_trim(trim)
    reference = trimmed(scores, _trimmed_share(trim, estimate_corruption(scores)))
    return conformal_p_values(scores, reference, tolerance)


def _scores_out_of_fold(
    detector: Any, X: Any, n_folds: int, random_state: int | np.random.RandomState | None
) -> tuple[NDArray[np.float64], Tolerance]:
    """Return the score (n,) of each row by a detector that has not seen it, and which scores are equal."""
    (rows,) = indexable(X)
    n_rows = _num_samples(rows)
    if n_rows < 2:
        raise UsageError(f"got {n_rows} rows, expected two or more, some of which are kept from the detector")
    splitter = KFold(min(n_folds, n_rows), shuffle=True, random_state=base_seed(random_state) % 2**32)
    scores = np.empty(n_rows)
    for seen, unseen in splitter.split(np.empty((n_rows, 0))):
        fitted = clone(detector).fit(_safe_indexing(rows, seen))
        scores[unseen] = scores_of(fitted, _safe_indexing(rows, unseen))
    return scores, tolerance_of(fitted)


def _check_trim(trim: str | float) -> None:
    if trim != "auto" and not (isinstance(trim, Real) and 0 <= float(trim) <= 0.5):
        raise UsageError(f"got trim={trim!r}, expected 'auto' or a share in [0, 0.5]")


def _trimmed_share(trim: str | float, corruption: Corruption) -> float:
    return corruption.interval[0] if isinstance(trim, str) else float(trim)
