"""MAW: the variational autoencoder with a mixture of two Gaussians, the Wasserstein-1 distance and L2,1."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from robustgen._checks import UsageError, check_choice, check_count
from robustgen.detectors.generation import decode, generators_for
from robustgen.detectors.latent import LatentMixture, Regularisation
from robustgen.detectors.net_detector import NetDetector
from robustgen.detectors.parameters import settings
from robustgen.nets.draws import normal, uniform
from robustgen.nets.mixture import GaussianMixture
from robustgen.nets.mlp import Layers
from robustgen.nets.variational import VariationalNet, variational_net
from robustgen.objectives.errors import PARTS, RECONSTRUCTION_ERRORS, SCORES, chosen_score, shared
from robustgen.objectives.variational import CodeSampler, VariationalAutoencoding
from robustgen.training import RobustTraining

CODES = 1000
"""Training rows, at most, whose inlier Gaussians are kept to sample from."""


class MAW(NetDetector):
    r"""Mixture autoencoding with the Wasserstein penalty.

    Every row gets a mixture of two Gaussians in a space of few dimensions, one of low rank for
    what the row would be as an inlier and one of full rank for what it would be as an outlier:

    .. math::
        q(z|x) = \eta \, N(\mu_1, \Sigma_1) + (1 - \eta) \, N(\mu_2, \Sigma_2), \qquad
        \mu_j = A^\top \mu_{0,j}, \quad \Sigma_j = \tilde M_j \tilde M_j^\top + s I,
        \quad M_j = A^\top \mathrm{diag}(s_{0,j}) A,

    with one matrix A for all, :math:`\tilde M_j` the truncation of :math:`M_j` to its largest
    eigenvalues and all of :math:`\mu_0, s_0` from one encoder. It minimises

    .. math::
        \sum_i \lVert x_i - D(z_i) \rVert_2 + W_1(q(z), N(0, I)), \qquad z_i \sim q(z|x_i).

    The error is not squared, so outliers pull with bounded force; the Wasserstein-1 distance,
    unlike the divergence, is finite for covariances of low rank. A row is scored by its
    reconstruction from the inlier Gaussian alone: the outlier Gaussian has learnt in training
    what an outlier needs, and is not there when it is scored.

    Parameters
    ----------
    mixture : LatentMixture, dict or None
        The mixture of each row's code, as :class:`robustgen.LatentMixture`; a dict gives what differs from
        ``LatentMixture()``.
    regulariser : Regularisation, dict or None
        What keeps the codes near N(0, I), as :class:`robustgen.Regularisation`; a dict gives what differs
        from ``Regularisation()``.
    layers : Layers, dict or None
        Activation and normalisation, as :class:`robustgen.Layers`; a dict gives what differs from the
        method's own.
    reconstruction : {"l21", "l2", "l1"}
        The error of a row: Euclidean, squared (the ablation MAW-MSE) or absolute.
    scoring : {"auto", "cosine", "l21", "l2", "l1"}
        How x and its reconstruction are compared. "auto" is the cosine dissimilarity for images
        and for words (:func:`robustgen._rows.is_text`), and the Euclidean error for other
        vectors: the angle needs an origin that means something, which centred columns do not have.
    latent_dim : int or None
        d, the dimension of the codes; ``None`` is 2, that of the authors' code.
    hidden_dims : tuple of int
        Widths of the encoder's layers, mirrored in the decoder. Images take convolutions instead, see
        :mod:`robustgen.nets.conv` and :mod:`robustgen.nets.code_maps`.
    scaling : {"auto", "standard", "robust"} or None
        Each column (each channel of images) minus its mean over its standard deviation, minus
        its median over its interquartile range, or as it is. "auto" takes words as they are, all else
        in standard units; see :func:`robustgen._rows.is_text`.
    epochs : int
        Passes over the rows.
    batch_size : int
        Rows per training step.
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
        Further settings of :class:`robustgen.training.TrainingConfig`: ``clip_norm``,
        ``patience``, ``min_improvement``, ``precision``.
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
    inlier_codes_ : robustgen.nets.mixture.GaussianMixture
        The inlier Gaussians of training rows that ``predict`` takes for inliers, 1000 at most.
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
    net_ : robustgen.nets.variational.VariationalNet
        The trained net; ``net_.bottleneck.A`` is A, (K, 128, d).
    row_type_ : {"vectors", "images", "text"}
        What the rows are.
    training_scores_ : ndarray of float, (n,)
        ``score_samples`` of the training rows.
    input_shape_ : tuple of int
        The shape of one row.
    n_features_in_ : int
        Entries of one row.
    feature_names_in_ : ndarray of str
        Names of the columns, where X had some.

    Notes
    -----
    ``history_`` has the term "reconstruction", then "critic" (minus the distance as the critic sees it),
    "gradient_penalty" and "wasserstein", or "kl". Of the layers the method's own are ``Layers()``.

    The paper's mathematics, not the released code, where the two differ: the gradient penalty is
    minimised, and the eigenvalues that are kept are the largest ones. The floor s = 1 is in
    the code only. The output is linear, images take the net of RSRAE, which lacks the code's dense
    layer of 512, and the learning rate is 5 times the code's, whose number of epochs is not known.

    With a floor of 1 no code is more certain than the prior, and the divergence of "kl" can drive
    all means to 0: the net then gives every row the same reconstruction, a centre of the data,
    which serves where the inliers are one cluster and fails where they are several.

    References
    ----------
    Lai, Zou and Lerman, "Novelty Detection via Robust Variational Autoencoding", AISTATS 2023,
    https://arxiv.org/abs/2006.05534.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from robustgen import MAW
    >>> X = load_wine().data
    >>> detector = MAW(epochs=5, random_state=0).fit(X)
    >>> detector.decision_function(X[:3]).shape, detector.sample(2).shape
    ((3,), (2, 13))
    """

    net_: VariationalNet
    inlier_codes_: GaussianMixture

    def __init__(
        self,
        *,
        mixture: LatentMixture | dict[str, Any] | None = None,
        regulariser: Regularisation | dict[str, Any] | None = None,
        layers: Layers | dict[str, Any] | None = None,
        reconstruction: str = "l21",
        scoring: str = "auto",
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (32, 64, 128),
        scaling: str | None = "auto",
        epochs: int = 100,
        batch_size: int = 128,
        learning_rate: float = 2.5e-4,
        contamination: float | str = 0.1,
        n_members: int = 1,
        robust: bool | RobustTraining | dict[str, Any] = False,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.mixture = mixture
        self.regulariser = regulariser
        self.layers = layers
        self.reconstruction = reconstruction
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

    def sample(
        self,
        n_samples: int = 1,
        *,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ) -> NDArray[np.float64]:
        r"""Generate inliers: decode draws of the inlier Gaussians of training rows.

        The codes come from :math:`\frac1m \sum_i N(\mu_1(x_i), \Sigma_1(x_i))` over training rows
        that ``predict`` takes for inliers: the outlier Gaussian has no part in it.

        Parameters
        ----------
        n_samples : int
            How many; the members make them in turn.
        random_state : int, numpy.random.RandomState, numpy.random.Generator or None
            Seed of the draws; ``None`` takes a fresh one.

        Returns
        -------
        ndarray of float64, ``(n_samples, *row_shape)``
            Rows in the units of X, images in their shape.
        """
        check_is_fitted(self)
        check_count("n_samples", n_samples)
        generators = generators_for(self, random_state)
        means = self.inlier_codes_.means
        each = math.ceil(n_samples / self.n_members)
        rows = (uniform(generators, means, each) * means.shape[1]).long()
        noise = normal(generators, means, each, 2, self.latent_dim_)
        codes = self.inlier_codes_.take(rows).draw(torch.zeros_like(rows), noise)
        return decode(self, codes)[:n_samples]

    def _check_own_parameters(self) -> None:
        check_choice("reconstruction", self.reconstruction, RECONSTRUCTION_ERRORS)
        check_choice("scoring", self.scoring, ["auto", *SCORES])
        self._layers()
        if self._mixture().covariance_floor == 0 and self._regularisation().kind == "kl":
            raise UsageError(
                "got covariance_floor=0 with the regulariser 'kl', whose divergence is then infinite: "
                "give a floor above 0, or take 'wasserstein'"
            )

    def _mixture(self) -> LatentMixture:
        return settings("mixture", self.mixture, LatentMixture())

    def _regularisation(self) -> Regularisation:
        return settings("regulariser", self.regulariser, Regularisation())

    def _layers(self) -> Layers:
        return settings("layers", self.layers, Layers())

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return 2

    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> VariationalNet:
        mixture, layers = self._mixture(), self._layers()
        return variational_net(
            row_shape,
            self.hidden_dims,
            self.latent_dim_,
            mixture.shape(self.latent_dim_),
            critic=self._regularisation().kind == "wasserstein",
            draws=mixture.n_draws,
            activation=layers.activation_within(*limits),
            normalization=layers.normalization,
        )

    def _build_objective(self) -> VariationalAutoencoding:
        sampler = CodeSampler(self._mixture().component_per)
        regulariser = self._regularisation().build(sampler)
        return VariationalAutoencoding(self.reconstruction, regulariser, sampler)

    def _prepare(self) -> None:
        self.scoring_ = chosen_score(self.scoring, self.row_type_)

    def _errors(self, x: Tensor) -> Tensor:
        score = SCORES[self.scoring_]
        return torch.stack([score(x, made) for made in self._reconstructions(x)]).mean(0)

    def _parts(self, x: Tensor) -> Tensor:
        """Return the mean over the draws of each draw's shares."""
        score, parts = SCORES[self.scoring_], PARTS[self.scoring_]
        shares = [shared(score(x, made), parts(x, made)) for made in self._reconstructions(x)]
        return torch.stack(shares).mean(0)

    def _reconstructions(self, x: Tensor) -> Iterator[Tensor]:
        return (self.net_.decoder(z) for z in self.net_.inlier_codes(x))

    def _finish(self, X: Any, scores: NDArray[np.float64]) -> None:
        inliers = np.flatnonzero(scores >= self.offset_)
        kept = X[inliers[:: math.ceil(len(inliers) / CODES)]]
        parts = [self.net_.posterior(x).component(0) for x in self._member_blocks(kept)]
        self.inlier_codes_ = GaussianMixture.joined(parts)
