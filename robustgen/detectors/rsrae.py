"""RSRAE: the autoencoder with a robust-subspace-recovery layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from torch import Tensor

from robustgen._checks import UsageError, check_at_least_zero, check_choice
from robustgen.detectors.net_detector import NetDetector
from robustgen.detectors.parameters import settings
from robustgen.nets.autoencoder import decoder_for, encoder_for
from robustgen.nets.mlp import Layers
from robustgen.nets.rsr import RSRLayer, RSRNet
from robustgen.objectives.base import Objective
from robustgen.objectives.errors import PARTS, SCORES, chosen_score
from robustgen.objectives.subspace_recovery import AlternatingSubspaceRecovery, JointSubspaceRecovery
from robustgen.training import RobustTraining

MODES = ("alternating", "joint")
SUBSPACE_UPDATES = ("encoder", "layer")
SUBSPACE_LR_FACTOR = 10.0
"""Learning rate of the orthogonality and subspace players over the reconstruction's, in the authors' code."""


class Style(TypedDict):
    """What the layers of encoder and decoder share."""

    activation: str
    normalization: str | None


class RSRAE(NetDetector):
    r"""Autoencoder with a robust-subspace-recovery layer.

    Between encoder and decoder a linear layer A maps the code z to :math:`\tilde z = A z`, and
    is drawn towards the projection on the subspace that most of the codes lie in:

    .. math::
        \sum_i \lVert x_i - \tilde x_i \rVert_2
        + \lambda_1 \sum_i \lVert z_i - A^\top A z_i \rVert_2
        + \lambda_2 \lVert A A^\top - I_d \rVert_F^2

    No norm is squared, so outliers pull with bounded force and the layer fits the inliers.

    Parameters
    ----------
    layers : Layers, dict or None
        Activation and normalisation, as :class:`robustgen.Layers`; a dict gives what differs from the
        method's own.
    mode : {"alternating", "joint"}
        "alternating" is RSRAE: the three terms are minimised in turn on every batch, the last
        two at 10 times the learning rate. "joint" is RSRAE+: one optimiser minimises the sum.
    lambdas : tuple of float
        :math:`(\lambda_1, \lambda_2)`, at least 0; "joint" only.
    subspace_updates : {"encoder", "layer"}
        What the subspace term moves in "alternating": A and the encoder (the authors' code), or
        A alone (as the paper's text reads).
    scoring : {"auto", "cosine", "l21", "l2", "l1"}
        How x and :math:`\tilde x` are compared: by the cosine dissimilarity, the authors', which sees
        directions only; or by a reconstruction error. "auto" is "cosine" for images and for bags of words
        (:func:`robustgen._rows.is_text`), "l21" for other vectors: a far row of a table in
        the direction of an inlier has no cosine dissimilarity.
    latent_dim : int or None
        d, the dimension of the subspace; ``None`` is 10, the paper's.
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
    scoring_ : {"cosine", "l21", "l2", "l1"}
        How rows are compared.
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
    net_ : robustgen.nets.rsr.RSRNet
        The trained net; ``net_.bottleneck.A`` is the layer, (K, d, D).
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

    Notes
    -----
    ``history_`` has the terms "reconstruction", "subspace" and "orthogonality". Of the layers the
    method's own are ``Layers("auto", "affine")``; the last width in ``hidden_dims`` is D, the dimension of z.

    The third term is a penalty: A starts with standard normal entries, as in the authors' code, and is no
    projector after a fit.

    As in the authors' code :math:`\tilde z` is brought to the unit sphere before the decoder, and the
    orthogonality term is a mean over the d x d entries. We depart from that code in this:

    * the output is linear (an activation there can die on sparse text);
    * the encoder's last dense layer has no affine map after its activation;
    * tables are scored by the Euclidean error;
    * columns and channels are in standard units, so that ``Layers("auto")`` most often chooses leaky ReLU.
      There images are brought to [-1, 1], then each to length 1, and the activation is tanh;
    * errors are means over a batch, as in the code, where the formula has sums.

    References
    ----------
    Lai, Zou and Lerman, "Robust Subspace Recovery Layer for Unsupervised Anomaly Detection",
    ICLR 2020, equations 3 to 5, https://arxiv.org/abs/1904.00152.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from robustgen import RSRAE
    >>> digits = load_digits()
    >>> X = digits.images[(digits.target == 0) | (digits.target == 1)]
    >>> detector = RSRAE(epochs=5, random_state=0).fit(X)
    >>> detector.decision_function(X[:3]).shape
    (3,)
    """

    def __init__(
        self,
        *,
        layers: Layers | dict[str, Any] | None = None,
        mode: str = "alternating",
        lambdas: tuple[float, float] = (0.1, 0.1),
        subspace_updates: str = "encoder",
        scoring: str = "auto",
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (32, 64, 128),
        scaling: str | None = "auto",
        epochs: int | None = 200,
        batch_size: int | str = 128,
        learning_rate: float = 2.5e-4,
        contamination: float | str = 0.1,
        n_members: int = 1,
        robust: bool | RobustTraining | dict[str, Any] = False,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.layers = layers
        self.mode = mode
        self.lambdas = lambdas
        self.subspace_updates = subspace_updates
        self.scoring = scoring
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
        check_choice("mode", self.mode, MODES)
        check_choice("subspace_updates", self.subspace_updates, SUBSPACE_UPDATES)
        check_choice("scoring", self.scoring, ["auto", *SCORES])
        self._layers()
        if not isinstance(self.lambdas, Sequence) or len(self.lambdas) != 2:
            raise UsageError(f"got lambdas={self.lambdas!r}, expected a pair of weights such as (0.1, 0.1)")
        for weight in self.lambdas:
            check_at_least_zero("lambdas", weight)

    def _layers(self) -> Layers:
        return settings("layers", self.layers, Layers("auto", "affine"))

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return 10

    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> RSRNet:
        layers = self._layers()
        style = Style(activation=layers.activation_within(*limits), normalization=layers.normalization)
        encoder = encoder_for(row_shape, self.hidden_dims, **style)
        output = layers.output_activation
        decoder = decoder_for(
            self.latent_dim_, row_shape, self.hidden_dims, **style, output_activation=output
        )
        layer = RSRLayer(encoder.out_features, self.latent_dim_)
        return RSRNet(encoder, layer, decoder)

    def _build_objective(self) -> Objective:
        if self.mode == "joint":
            return JointSubspaceRecovery(*self.lambdas)
        return AlternatingSubspaceRecovery(self.subspace_updates, SUBSPACE_LR_FACTOR)

    def _prepare(self) -> None:
        self.scoring_ = chosen_score(self.scoring, self.row_type_)

    def _errors(self, x: Tensor) -> Tensor:
        return SCORES[self.scoring_](x, self.net_(x))

    def _parts(self, x: Tensor) -> Tensor:
        return PARTS[self.scoring_](x, self.net_(x))
