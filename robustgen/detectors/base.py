"""What every detector promises: the way from X to scores, and scikit-learn's contract."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import ClassifierTags, Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from robustgen._fitting import all_at_once
from robustgen._rows import row_type
from robustgen._sources import selected
from robustgen._storable import storable
from robustgen._validation import check_rows
from robustgen.detectors.answers import Neighbourhoods, judged_neighbourhoods
from robustgen.detectors.notebook import fitted_table
from robustgen.detectors.onnx import ScoringFunction, export_onnx
from robustgen.detectors.parameters import check_contamination
from robustgen.detectors.partitions import by_partition
from robustgen.inference.audit import Audit, InlierProbability, audit, contamination_offset, finite_scores
from robustgen.inference.corruption import Corruption
from robustgen.inference.explanation import framed_like
from robustgen.inference.ties import DOUBLE, SINGLE, Tolerance
from robustgen.storage import save
from robustgen.training.rows import RowBlocks, block_rows
from robustgen.training.scaling import Scaling


class Detector(OutlierMixin, BaseEstimator, ABC):
    """Rows in, one score a row out, larger = more normal; an audit of the training rows and a threshold.

    A fit goes down once: the rows are checked, what they are is decided, the detector learns, the training
    rows are scored, audited and set against the threshold. Final classes store their parameters in their
    ``__init__`` and implement the abstract methods.
    """

    contamination: float | str
    n_members: int

    row_type_: str
    scaling_: Scaling
    offset_: float
    tolerance_: Tolerance
    training_scores_: NDArray[np.float64]
    support_: NDArray[np.bool_]
    inlier_weight_: NDArray[np.float64]
    contamination_: float
    contamination_interval_: tuple[float, float]
    input_shape_: tuple[int, ...]
    n_features_in_: int

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise a UsageError unless all parameters are in their ranges."""

    takes_answers = True
    """Whether ``fit`` learns from what a person says of some rows."""

    @abstractmethod
    def _learn(self, X: Any, judged: Neighbourhoods | None) -> None:
        """Learn from checked rows (n, d) or (n, C, ...) what scores them, ``scaling_`` among it.

        Where rows were judged, those that share the fate of an outlier are not learnt from.
        """

    @abstractmethod
    def _placement(self) -> tuple[torch.device, torch.dtype]:
        """Return where and in what precision rows are scored."""

    @abstractmethod
    def _row_errors(self, x: Tensor) -> Tensor:
        """Return the error (B,) of scaled rows (B, ...), larger = more outlying."""

    @abstractmethod
    def _contributions(self, x: Tensor) -> Tensor:
        """Return the part (B, ...) of each entry in the error of scaled rows; a row's add up to its error."""

    @abstractmethod
    def _in_single_precision(self) -> tuple[Detector, list[nn.Module]]:
        """Return a copy on the CPU that scores in single precision, and the nets that it scores by."""

    def _audit(self, X: Any, scores: NDArray[np.float64], answered: Corruption | None) -> Audit:
        """Estimate which training rows are inliers: by their scores, where the method has no other way.

        Where rows were judged, the share of outliers is the one that was ``answered``.
        """
        return audit(scores, answered)

    def _finish(self, X: Any, scores: NDArray[np.float64]) -> None:
        """Learn from the rows that were learnt and their scores what else the method needs: nothing."""

    @all_at_once
    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn what the rows have in common.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix, memory map or RowSource
            Rows (n, d), images (n, H, W) or (n, C, H, W), or what is declared: signals (n, C, T) as
            :class:`robustgen.Signals`, clips (n, C, T, H, W) as :class:`robustgen.Clips`; two at
            least. Outliers may be among them. Memory maps and sources
            (:class:`robustgen.ParquetRows`, :class:`robustgen.DatasetRows`) are read in parts.
        y : array, Answers or None
            What a person says of some rows: 1 normal, -1 outlier, 0 not judged, at least one of them
            -1; or :class:`robustgen.Answers`. Each row goes with the judged row that is nearest to
            it (:func:`robustgen.detectors.comparison.compared_rows`); those that go with an outlier
            are not learnt from, and their share is ``contamination_``. Anything else, such as
            class labels, is ignored.

        Returns
        -------
        self
            The fitted detector.

        Raises
        ------
        ValueError
            When a parameter is out of its range, X holds text, NaN or infinity or fewer than two
            rows, y holds other values beside a -1, or the training diverges; its text is one line
            that says what to do.
        """
        self._check_parameters()
        rows = check_rows(self, X, fitting=True)
        self.row_type_ = row_type(rows)
        self.rate_ = getattr(X, "rate", None) if self.row_type_ == "signals" else None
        judged = judged_neighbourhoods(rows, y)
        self._learn(rows, judged)
        self._conclude(rows, judged)
        return self

    def _conclude(self, rows: Any, judged: Neighbourhoods | None) -> None:
        """Score, audit and set the threshold by rows that were learnt."""
        scores = self._score(rows)
        self.training_scores_ = scores
        answered = None if judged is None else judged.corruption()
        self.support_, self.inlier_weight_, corruption = self._audit(rows, scores, answered)
        self.contamination_, self.contamination_interval_ = corruption
        self.offset_ = contamination_offset(scores, self._marked_share())
        precision = SINGLE if self._placement()[1] == torch.float32 else DOUBLE
        self.tolerance_ = Tolerance.of(scores, precision, self._score_unit())
        if judged is not None:
            rows, scores = selected(rows, judged.remaining), scores[judged.remaining]
        self._finish(rows, scores)

    def _score_unit(self) -> float:
        """Return the least size of what a score is made of: 0 where it is a sum of errors above 0."""
        return 0.0

    def _marked_share(self) -> float:
        return self.contamination_ if isinstance(self.contamination, str) else self.contamination

    @by_partition(np.float64)
    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return how normal each row is: minus its error.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix, memory map, or dask array or DataFrame
            Rows shaped like the training rows. Of dask's the result is a lazy dask array, by partitions.

        Returns
        -------
        ndarray of float64, (n,)
            Larger = more normal.

        Raises
        ------
        ValueError
            When X does not look like the training rows or holds text, NaN or infinity.
        """
        check_is_fitted(self)
        return self._score(check_rows(self, X, fitting=False))

    @by_partition(np.float64)
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the scores shifted so that outliers are below 0.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix, memory map, or dask array or DataFrame
            Rows shaped like the training rows. Of dask's the result is a lazy dask array, by partitions.

        Returns
        -------
        ndarray of float64, (n,)
            ``score_samples(X) - offset_``, 0 where they differ by rounding
            (:class:`robustgen.inference.ties.Tolerance`).
        """
        scores = self.score_samples(X)
        return self.tolerance_.margins(scores, self.offset_)

    @by_partition(np.int64)
    def predict(self, X: Any) -> NDArray[np.int64]:
        """Tell inliers from outliers.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix, memory map, or dask array or DataFrame
            Rows shaped like the training rows. Of dask's the result is a lazy dask array, by partitions.

        Returns
        -------
        ndarray of int, (n,)
            +1 for an inlier, -1 for an outlier.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def set_threshold(self, contamination: float | str) -> Any:
        """Mark another share of the training rows: ``predict`` changes, the scores do not.

        Parameters
        ----------
        contamination : float in (0, 0.5] or "auto"
            As in the constructor.

        Returns
        -------
        self
            The detector.

        Raises
        ------
        UsageError
            When it is neither.
        """
        check_is_fitted(self)
        check_contamination(contamination)
        self.contamination = contamination
        self.offset_ = contamination_offset(self.training_scores_, self._marked_share())
        return self

    @by_partition(np.float64)
    def outlier_probability(self, X: Any) -> NDArray[np.float64]:
        """Return how probable it is that each row is an outlier, where new rows are like the training rows.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix, memory map, or dask array or DataFrame
            Rows shaped like the training rows. Of dask's the result is a lazy dask array, by partitions.

        Returns
        -------
        ndarray of float64, (n,)
            One minus :class:`robustgen.inference.audit.InlierProbability` of the training scores, in [0, 1];
            it never falls as the score falls, and one extreme row changes nothing for the others.
        """
        scores = self.score_samples(X)
        return 1 - InlierProbability(self.training_scores_)(scores)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probabilities of each row to be an inlier and to be an outlier.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, (n, 2)
            The second column is ``outlier_probability``; a row's two add up to 1.
        """
        outlier = self.outlier_probability(X)
        return np.column_stack([1 - outlier, outlier])

    def explain(self, X: Any) -> Any:
        r"""Return what each entry of each row contributes to its error: minus the score, shared out.

        The contributions of a row add up to ``-score_samples``. Squared, absolute and mean squared errors
        are sums, and the contributions are their terms. The Euclidean error is shared in proportion
        to the squared residuals, :math:`(x_j - \tilde x_j)^2 / \lVert x - \tilde x \rVert`; the cosine
        dissimilarity is :math:`\tfrac12 \sum_j (u_j - v_j)^2`, u and v the directions of the row and of its
        reconstruction. A score by codes or by several models is no sum over entries: the surprisal of an
        image's code is laid evenly over the pixels of its cell, and all else is shared in proportion
        to the squared residuals. Such errors can be below 0, and so are their shares then.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64 or DataFrame, shaped like X
            The contributions, mean over the members; a DataFrame with the same index and columns
            where X is one.

        Raises
        ------
        ValueError
            When X does not look like the training rows or holds text, NaN or infinity.

        References
        ----------
        Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", NIPS 2017, property 1
        (contributions that add up to what they explain), for the requirement.
        """
        check_is_fitted(self)
        checked = check_rows(self, X, fitting=False)
        parts = torch.cat([self._contributions(x) for x in self._blocks(checked)])
        return framed_like(X, parts.detach().cpu().double().numpy().reshape(-1, *self.input_shape_))

    def _row_shape(self) -> tuple[int, ...]:
        """Return the shape of a checked row: images have their channels."""
        grey = self.row_type_ == "images" and len(self.input_shape_) == 2
        return (1, *self.input_shape_) if grey else self.input_shape_

    def _score(self, X: Any) -> NDArray[np.float64]:
        scores = np.empty(X.shape[0])
        start = 0
        for x in self._blocks(X):
            scores[start : start + len(x)] = -self._row_errors(x).cpu().double().numpy()
            start += len(x)
        return finite_scores(scores)

    def _blocks(self, X: Any) -> Iterator[Tensor]:
        """Yield the scaled rows (B, ...) in order."""
        blocks = RowBlocks(X, self.scaling_, *self._placement())
        return blocks.sequence(block_rows(self.n_members, X.shape[1:]))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted detector to a file that :func:`robustgen.load` reads.

        Parameters
        ----------
        path : str or path-like
            The file; see :func:`robustgen.save`.
        """
        save(self, path)

    def scoring_function(self) -> nn.Module:
        """Return ``score_samples`` as a torch module, on the CPU, for ``torch.export`` and the like.

        Returns
        -------
        robustgen.detectors.onnx.ScoringFunction
            Takes rows ``(n, *input_shape_)`` in float64 and in the units of X, gives scores (n,).
        """
        check_is_fitted(self)
        return ScoringFunction(self)

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write the scoring function as ONNX, so that scores need neither robustgen nor torch.

        The model takes "X", ``(n, *input_shape_)`` in float64 and in the units of X, n free, and gives
        "score", (n,). It computes in float32 and agrees with ``score_samples`` to a relative 1e-5.
        Needs ``pip install 'robustgen[onnx]'``.

        Parameters
        ----------
        path : str or path-like
            The file.

        Raises
        ------
        UsageError
            When the packages are missing, or the score has an operation that ONNX does not have.
        """
        check_is_fitted(self)
        export_onnx(self, path)

    def _repr_html_inner(self) -> str:
        """Return scikit-learn's diagram, and what was learnt where something was."""
        diagram: str = super()._repr_html_inner()
        return diagram + fitted_table(self) if hasattr(self, "training_scores_") else diagram

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**options)
        return bundle | ({"text/html": self._repr_html_inner()} if "text/html" in bundle else {})

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        storable(cls)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.classifier_tags = ClassifierTags(multi_class=False)  # predict_proba has two columns
        return tags
