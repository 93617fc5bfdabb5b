"""VAE: the variational autoencoder, what MAW is without its robust parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from robustgen._checks import check_at_least_zero, check_choice, check_count
from robustgen._sources import selected
from robustgen._validation import check_rows
from robustgen.detectors.generation import decode, drawn_pairs, generators_for, learn_noise, with_noise
from robustgen.detectors.likelihood import FLOOR, bits_an_entry, check_step, gaussian_surprisal
from robustgen.detectors.net_detector import NetDetector
from robustgen.detectors.parameters import settings
from robustgen.nets.autoencoder import plain_latent_dim
from robustgen.nets.draws import normal
from robustgen.nets.mixture import MixtureShape
from robustgen.nets.mlp import Layers
from robustgen.nets.variational import VariationalNet, variational_net
from robustgen.objectives.errors import PARTS, SCORES
from robustgen.objectives.kl import standard_normal_kl
from robustgen.objectives.variational import CodeSampler, KLRegulariser, VariationalAutoencoding
from robustgen.training import RobustTraining

VARIANCE_FLOOR = 1e-4
"""The smallest variance of a code: what keeps the divergence finite."""


class VAE(NetDetector):
    r"""Variational autoencoder: one Gaussian, divergence, squared error.

    Minimises

    .. math::
        \sum_i \lVert x_i - D(z_i) \rVert_2^2 + \beta \, KL(q(z|x_i) \,\|\, N(0, I)),
        \qquad z_i \sim q(z|x_i) = N(\mu(x_i), \Sigma(x_i)),

    and scores by the reconstruction from :math:`\mu(x)`. It is made of the parts of
    :class:`robustgen.MAW`, which names its ablations after them: the baseline that a dirty
    training set is expected to mislead.

    Parameters
    ----------
    layers : Layers, dict or None
        Activation and normalisation, as :class:`robustgen.Layers`; a dict gives what differs from the
        method's own.
    beta : float
        :math:`\beta`, at least 0. At 1 the sum is minus the evidence bound of a decoder with
        variance 1/2.
    scoring : {"l2", "l21", "l1", "cosine"}
        What is compared: squared Euclidean, Euclidean, absolute error or the angle of x and its
        reconstruction.
    latent_dim : int or None
        d, the dimension of the codes. ``None`` takes a third of the columns, at least 2 and at
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
    noise_scale_ : ndarray of float, ``(K, *input_shape_)``
        The standard deviation of the decoder at each entry, in the units of X.
    net_ : robustgen.nets.variational.VariationalNet
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

    Notes
    -----
    ``history_`` has the terms "reconstruction" and "kl". Of the layers the method's own are ``Layers()``.

    :math:`\Sigma = M M^\top + 10^{-4} I` with the full, symmetric :math:`M = A^\top
    \mathrm{diag}(s_0) A` of :class:`robustgen.nets.mixture.GaussianMixtureHead`, rather than a
    diagonal. We depart from the paper in that, in the nets, which are those of MAW (the paper's have one
    hidden layer with tanh), in the decoder's variance, which is fixed, in Adam (Adagrad there), and in
    losses that are means over a batch.

    References
    ----------
    Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014,
    https://arxiv.org/abs/1312.6114.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from robustgen import VAE
    >>> X = load_wine().data
    >>> detector = VAE(epochs=5, random_state=0).fit(X)
    >>> detector.decision_function(X[:3]).shape, detector.sample(2).shape
    ((3,), (2, 13))
    """

    net_: VariationalNet
    noise_scale_: NDArray[np.float64]
    _noise_mixing: NDArray[np.float64] | None

    def __init__(
        self,
        *,
        layers: Layers | dict[str, Any] | None = None,
        beta: float = 1.0,
        scoring: str = "l2",
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (32, 64, 128),
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
        self.layers = layers
        self.beta = beta
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
        noise: bool | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ) -> NDArray[np.float64]:
        """Generate rows: draws of the decoder for codes drawn from the prior N(0, I).

        Parameters
        ----------
        n_samples : int
            How many; the members make them in turn.
        noise : bool or None
            Whether to draw from the decoder's distribution, a Gaussian with the standard deviation
            ``noise_scale_`` at each entry and, of vectors of 128 columns or fewer, the correlations of
            its errors; or to take its mean, which lacks the spread that the codes do not explain.
            ``None`` draws vectors, and takes the means of all else, whose entries do not err one by one.
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
        each = math.ceil(n_samples / self.n_members)
        codes = normal(generators, self.net_.bottleneck.A, each, self.latent_dim_)
        return with_noise(self, decode(self, codes)[:n_samples], noise, generators)

    def bits_per_dim(self, X: Any, *, step: float | None = None) -> NDArray[np.float64]:
        r"""Return the evidence bound on each row's negative log likelihood, in bits an entry.

        .. math::
            \tfrac{1}{D \ln 2} \left( -E_q \log p(x \mid z) + KL(q(z \mid x) \,\|\, N(0, I)) \right)
            \ge -\tfrac{1}{D \ln 2} \log p(x)

        with a Gaussian decoder of the standard deviations ``noise_scale_``. The expectation is of one draw
        a row, which is the same in each call. Training minimises this bound where ``beta`` is twice the
        decoder's variance in scaled units; with a larger one codes say less, and the bound is loose.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.
        step : float or None
            How far apart neighbouring values are, 1 for integers: each has the probability of its cell, and
            the bound is of the bits that an entry takes. ``None`` takes the density in the units of X, as
            the density of continuous entries it can be below 0.

        Returns
        -------
        ndarray of float64, (n,)
            The members' mean; smaller = better explained.
        """
        check_is_fitted(self)
        check_step(step)
        blocks = list(self._member_blocks(check_rows(self, X, fitting=False)))
        pairs = drawn_pairs(self, blocks)
        return torch.cat([self._bits(x, made, step) for x, made in pairs]).cpu().double().numpy()

    def _bits(self, x: Tensor, made: Tensor, step: float | None) -> Tensor:
        """Return the bound (B,) of scaled rows, given reconstructions of one draw each."""
        scale = torch.as_tensor(self.scaling_.scale, dtype=x.dtype, device=x.device)
        noise = torch.as_tensor(self.noise_scale_, dtype=x.dtype, device=x.device).view(-1, 1, *x.shape[2:])
        deviation = torch.maximum(noise, FLOOR * scale)
        nats = gaussian_surprisal((x - made) * scale, deviation, step).flatten(2).sum(-1)
        posterior = self.net_.posterior(x)
        divergence = standard_normal_kl(posterior.means, posterior.variances)[..., 0]
        return bits_an_entry(nats + divergence, x[0, 0].numel())

    def _finish(self, X: Any, scores: NDArray[np.float64]) -> None:
        kept = selected(X, scores >= self.offset_)
        learn_noise(self, drawn_pairs(self, self._member_blocks(kept)))

    def _check_own_parameters(self) -> None:
        check_at_least_zero("beta", self.beta)
        check_choice("scoring", self.scoring, SCORES)
        self._layers()

    def _layers(self) -> Layers:
        return settings("layers", self.layers, Layers())

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return plain_latent_dim(row_shape)

    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> VariationalNet:
        gaussian = MixtureShape(weights=(1.0,), ranks=(self.latent_dim_,), floor=VARIANCE_FLOOR)
        layers = self._layers()
        return variational_net(
            row_shape,
            self.hidden_dims,
            self.latent_dim_,
            gaussian,
            activation=layers.activation_within(*limits),
            normalization=layers.normalization,
            output_activation=layers.output_activation,
        )

    def _build_objective(self) -> VariationalAutoencoding:
        return VariationalAutoencoding("l2", KLRegulariser(self.beta), CodeSampler("row"))

    def _errors(self, x: Tensor) -> Tensor:
        return SCORES[self.scoring](x, self.net_(x))

    def _parts(self, x: Tensor) -> Tensor:
        return PARTS[self.scoring](x, self.net_(x))
