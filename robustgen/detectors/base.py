"""What every detector shares: the way from X to scores, and scikit-learn's contract."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, OutlierMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from robustgen._storable import storable
from robustgen._validation import check_rows
from robustgen.detectors.onnx import ScoringFunction, export_onnx
from robustgen.detectors.parameters import (
    check_choice,
    check_contamination,
    check_count,
    check_dims,
    robust_training,
)
from robustgen.inference.audit import Audit, audit, contamination_offset
from robustgen.inference.explanation import framed_like
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.members import count, initialise
from robustgen.objectives.base import Objective
from robustgen.objectives.errors import shared, squared_parts
from robustgen.storage import save
from robustgen.training import History, RobustTraining, TrainingConfig
from robustgen.training.device import choose_device
from robustgen.training.fitting import trained
from robustgen.training.rows import RowBlocks, block_rows
from robustgen.training.scaling import SCALINGS, Scaling, fit_scaling


class Detector(OutlierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):
    """A detector that scores a row by how badly its net explains it.

    A method chooses three parts: a net, an objective and the error that scores. All else,
    from the check of X to the threshold, is here. Final classes store the parameters named
    below in their ``__init__`` and implement the abstract methods.
    """

    latent_dim: int | None
    hidden_dims: tuple[int, ...]
    scaling: str | None
    epochs: int
    batch_size: int
    learning_rate: float
    contamination: float | str
    n_members: int
    robust: bool | RobustTraining
    training: dict[str, Any] | None
    device: str
    random_state: int | np.random.RandomState | None
    verbose: bool

    net_: AutoencoderNet
    scaling_: Scaling
    history_: History
    offset_: float
    support_: NDArray[np.bool_]
    inlier_weight_: NDArray[np.float64]
    contamination_: float
    contamination_interval_: tuple[float, float]
    latent_dim_: int
    input_shape_: tuple[int, ...]
    n_features_in_: int

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise a UsageError unless the method's own parameters are in their ranges."""

    @abstractmethod
    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        """Return d where the user leaves it open."""

    @abstractmethod
    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> AutoencoderNet:
        """Return the net with one member, for rows of a shape whose scaled values lie within limits."""

    @abstractmethod
    def _build_objective(self) -> Objective:
        """Return what is minimised."""

    @abstractmethod
    def _errors(self, x: Tensor) -> Tensor:
        """Return the error (K, B) of ``net_`` on each scaled row, larger = more outlying."""

    def _parts(self, x: Tensor) -> Tensor:
        """Return what each entry's part in the error is proportional to, (K, B, ...): its squared residual.

        Where the error is a sum over the entries, these are its terms.
        """
        return squared_parts(x, self.net_(x))

    def _audit(self, X: Any, scores: NDArray[np.float64]) -> Audit:
        """Tell the inliers among the training rows: by their scores, where the method has no other way."""
        return audit(scores)

    def _finish(self, X: Any, scores: NDArray[np.float64]) -> None:
        """Learn from the training rows and their scores what the method needs beside its net: nothing."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn what the rows have in common.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows (n, d), or images (n, H, W) or (n, C, H, W); two at least. Outliers may be among
            them.
        y : None
            Ignored: no label is used.

        Returns
        -------
        self
            The fitted detector.

        Raises
        ------
        ValueError
            When a parameter is out of its range, X holds text, NaN or infinity or fewer than two
            rows, or the training diverges; its text is one line that says what to do.
        """
        config = self._checked_config()
        device = choose_device(self.device)
        checked = check_rows(self, X, fitting=True)
        self.scaling_ = fit_scaling(checked, self.scaling)
        self.latent_dim_ = self.latent_dim or self._default_latent_dim(checked.shape[1:])
        self._n_features_out = self.n_members * self.latent_dim_
        self._train(checked, config, device)
        scores = self._score(checked)
        self.support_, self.inlier_weight_, corruption = self._audit(checked, scores)
        self.contamination_, self.contamination_interval_ = corruption
        self.offset_ = contamination_offset(scores, self._marked_share())
        self._finish(checked, scores)
        return self

    def _checked_config(self) -> TrainingConfig:
        if self.latent_dim is not None:
            check_count("latent_dim", self.latent_dim)
        check_dims("hidden_dims", self.hidden_dims)
        check_choice("scaling", self.scaling, SCALINGS)
        check_count("n_members", self.n_members)
        check_contamination(self.contamination)
        config = TrainingConfig(
            self.epochs, self.batch_size, self.learning_rate, robust=robust_training(self.robust)
        )
        self._check_parameters()
        return config.updated(self.training or {})

    def _marked_share(self) -> float:
        return self.contamination_ if isinstance(self.contamination, str) else self.contamination

    def _train(self, X: Any, config: TrainingConfig, device: torch.device) -> None:
        self._limits = _scaled_limits(X, self.scaling_)
        objective = self._build_objective()
        self.net_, self.history_ = trained(self, X, self._initialised, objective, config, device)

    def _initialised(self, seeds: Sequence[int]) -> AutoencoderNet:
        shape = self.input_shape_
        row_shape = (1, *shape) if len(shape) == 2 else shape
        return initialise(lambda: self._build_net(row_shape, self._limits), seeds)

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return how normal each row is: minus the members' mean error.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, (n,)
            Larger = more normal, at most 0.

        Raises
        ------
        ValueError
            When X does not look like the training rows or holds text, NaN or infinity.
        """
        check_is_fitted(self)
        return self._score(check_rows(self, X, fitting=False))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the scores shifted so that outliers are below 0.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, (n,)
            ``score_samples(X) - offset_``.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Tell inliers from outliers.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of int, (n,)
            +1 for an inlier, -1 for an outlier.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return the latent code of each row, the members' codes side by side.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, (n, K * d)
            The codes.
        """
        check_is_fitted(self)
        codes = [self.net_.latent(x) for x in self._blocks(check_rows(self, X, fitting=False))]
        return torch.cat(codes, dim=1).transpose(0, 1).flatten(1).cpu().double().numpy()

    def reconstruct(self, X: Any) -> NDArray[np.float64]:
        """Return what the net makes of each row, in the units of X: the members' mean.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, shaped like X
            The reconstructions.
        """
        check_is_fitted(self)
        checked = check_rows(self, X, fitting=False)
        made = [self.scaling_.invert(self.net_(x).mean(0).cpu().double()) for x in self._blocks(checked)]
        return torch.cat(made).numpy().reshape(-1, *self.input_shape_)

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
        parts = [shared(self._errors(x), self._parts(x)).mean(0) for x in self._blocks(checked)]
        contributions = torch.cat(parts).cpu().double().numpy().reshape(-1, *self.input_shape_)
        return framed_like(X, contributions)

    def _score(self, X: Any) -> NDArray[np.float64]:
        errors = [self._errors(x).mean(0) for x in self._blocks(X)]
        return -torch.cat(errors).cpu().double().numpy()

    def _blocks(self, X: Any) -> Iterator[Tensor]:
        """Yield the scaled rows in order, (K, B, ...), the same for every member."""
        parameter = next(self.net_.parameters())
        members = count(self.net_)
        blocks = RowBlocks(X, self.scaling_, parameter.device, parameter.dtype)
        for block in blocks.sequence(block_rows(members, X.shape[1:])):
            yield block.expand(members, *block.shape)

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

    def untrained(self, name: str) -> AutoencoderNet:
        """Return a net shaped like ``net_`` with random weights, for a model file to fill.

        Parameters
        ----------
        name : str
            The attribute of the net.

        Returns
        -------
        torch.nn.Module
            The net, on the CPU.
        """
        return self._initialised(range(self.n_members))

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        storable(cls)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        return tags


def _scaled_limits(X: Any, scaling: Scaling) -> tuple[float, float]:
    """Return the smallest and the largest value that the net will see in training."""
    lowest, highest = X.min(axis=0), X.max(axis=0)
    if sparse.issparse(X):
        lowest, highest = lowest.toarray()[0], highest.toarray()[0]
    return (
        float(((lowest - scaling.center) / scaling.scale).min()),
        float(((highest - scaling.center) / scaling.scale).max()),
    )
