"""The plain autoencoder."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from robustgen._checks import check_choice
from robustgen.detectors.net_detector import NetDetector
from robustgen.nets.autoencoder import AutoencoderNet, plain_autoencoder, plain_latent_dim
from robustgen.objectives.autoencoding import Autoencoding
from robustgen.objectives.errors import PARTS, RECONSTRUCTION_ERRORS
from robustgen.training import RobustTraining


class Autoencoder(NetDetector):
    r"""Autoencoder: an outlier is what a narrow net cannot reconstruct.

    Minimises :math:`\sum_i \rho(x_i, D(E(x_i)))` and scores by :math:`\rho`. As it is, it
    learns the outliers of a dirty training set too; ``robust=True`` is the cure that needs no
    other model. With ``hidden_dims=()`` it is linear.

    Parameters
    ----------
    loss : {"l2", "l1", "l21"}
        :math:`\rho`: squared Euclidean, absolute, or Euclidean (L2,1 over the rows; a far row
        pulls with bounded force).
    latent_dim : int or None
        d, the width of the bottleneck. ``None`` takes a third of the columns, at least 2 and at
        most 10; 10 for all but vectors.
    hidden_dims : tuple of int
        Widths of the encoder's layers, mirrored in the decoder. All but vectors take convolutions
        instead, see :mod:`robustgen.nets.conv`, :mod:`robustgen.nets.strided` and
        :mod:`robustgen.nets.code_maps`.
    scaling : {"auto", "standard", "robust"} or None
        Each column (each channel of images, signals and clips) minus its mean over its standard deviation,
        minus its median over its interquartile range, or as it is. "auto" takes bags of words as they are,
        all else in standard units; see :func:`robustgen._rows.is_text`.
    epochs : int or None
        Passes over the rows; ``None`` makes as many as give the ``steps`` of ``training``.
    batch_size : int or "auto"
        Rows per training step; "auto" takes 128, and more from 16,385 rows on, as
        :class:`robustgen.training.TrainingConfig` says.
    learning_rate : float
        Adam's step.
    contamination : float in (0, 0.5] or "auto"
        The share of the training rows that ``predict`` marks; "auto" takes ``contamination_``. It
        moves the threshold, never the ranking.
    n_members : int
        K, nets that are trained at once, each with its own start, shuffles and draws; the score
        is their mean error.
    robust : bool, RobustTraining or dict
        Learn from the rows of each batch that a moving average of the net explains best, as
        :class:`robustgen.RobustTraining` says, or with the settings of a dict. No part of a method's paper.
    training : dict or None
        Further settings of :class:`robustgen.training.TrainingConfig`: ``steps``,
        ``clip_norm``, ``patience``, ``min_improvement``, ``precision``.
    device : str
        "auto" (cuda, else mps, else cpu) or a torch device.
    random_state : int, numpy.random.RandomState or None
        Seed of initialisation, shuffles and draws. The same integer gives the same scores to the
        last bit on one CPU.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    history_ : robustgen.training.History
        The terms of the objective by epoch and member.
    offset_ : float
        The threshold on ``score_samples``.
    support_ : ndarray of bool, (n,)
        The training rows taken as inliers: all but ``contamination_`` of them.
    inlier_weight_ : ndarray of float, (n,)
        The probability of each training row to be an inlier; see
        :class:`robustgen.inference.audit.InlierProbability`.
    contamination_ : float
        The estimated share of outliers among the training rows, in [0, 0.5].
    contamination_interval_ : tuple of float
        (lower, upper) around it, at 90 %.
    latent_dim_ : int
        The length of a code.
    net_ : robustgen.nets.autoencoder.AutoencoderNet
        The trained net.
    row_type_ : {"vectors", "images", "signals", "clips", "text"}
        What the rows are.
    rate_ : int or None
        Points a second, where the training rows were :class:`robustgen.Signals` that had a rate.
    training_scores_ : ndarray of float, (n,)
        ``score_samples`` of the training rows.
    drift_ : robustgen.detectors.streams.Drift
        After ``partial_fit``: how far the scores of its rows, before it learnt them, had moved.
    input_shape_ : tuple of int
        The shape of one row.
    n_features_in_ : int
        Entries of one row.
    feature_names_in_ : ndarray of str
        Names of the columns, where X had some.

    References
    ----------
    Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks",
    Science 313 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen import Autoencoder
    >>> rng = np.random.default_rng(0)
    >>> X = np.outer(rng.normal(size=200), [1.0, 2.0, 3.0])
    >>> X[:10] = rng.normal(size=(10, 3)) * 5
    >>> detector = Autoencoder(latent_dim=1, robust=True, random_state=0).fit(X)
    >>> bool(detector.decision_function(X[:10]).mean() < detector.decision_function(X[10:]).mean())
    True
    """

    _least_layers = 0

    def __init__(
        self,
        *,
        loss: str = "l2",
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (64, 32),
        scaling: str | None = "auto",
        epochs: int | None = 100,
        batch_size: int | str = 128,
        learning_rate: float = 1e-3,
        contamination: float | str = 0.1,
        n_members: int = 1,
        robust: bool | RobustTraining | dict[str, Any] = False,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.loss = loss
        self.latent_dim = latent_dim
        self.hidden_dims = hidden_dims
        self.scaling = scaling
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.contamination = contamination
        self.n_members = n_members
        self.robust = robust
        self.training = training
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def _check_own_parameters(self) -> None:
        check_choice("loss", self.loss, RECONSTRUCTION_ERRORS)

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return plain_latent_dim(row_shape)

    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> AutoencoderNet:
        return plain_autoencoder(row_shape, self.hidden_dims, self.latent_dim_)

    def _build_objective(self) -> Autoencoding:
        return Autoencoding(self.loss)

    def _errors(self, x: Tensor) -> Tensor:
        return RECONSTRUCTION_ERRORS[self.loss](x, self.net_(x))

    def _parts(self, x: Tensor) -> Tensor:
        return PARTS[self.loss](x, self.net_(x))
