"""SQ-VAE."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse, linalg
from torch import Tensor, nn

from robustgen._checks import UsageError
from robustgen.detectors.conditional import ConditionalDetector
from robustgen.detectors.parameters import settings
from robustgen.detectors.quantisation import DECODERS, SPHERE, StochasticQuantisation
from robustgen.nets.code_maps import CodeNets
from robustgen.nets.directions import Directions
from robustgen.nets.draws import Generators
from robustgen.nets.quantizers.gaussian import GaussianQuantizer
from robustgen.nets.quantizers.vmf import VonMisesFisherQuantizer
from robustgen.nets.vector_quantised import VectorQuantisedNet
from robustgen.objectives.codebooks.schedule import CodebookTraining
from robustgen.objectives.quantisation import VectorQuantisation
from robustgen.training import RobustTraining

LIKELIHOODS = dict(zip(DECODERS, ("likelihood", "vmf"), strict=True))
"""Of each decoder, the name of its likelihood among those of the objective."""
UNIT = 1e-3
"""The largest difference from 1 of the length of a unit vector."""


class SQVAE(ConditionalDetector):
    r"""Autoencoder with stochastic quantisation, which hardens by itself while it learns.

    .. math::
        \tfrac{D}{2} \log \lVert x - D(z_q) \rVert^2
        + \sum_i \frac{\lVert z_i - z_{q,i} \rVert^2}{2 s^2} + \mathrm{KL}(P_i \,\|\, \mathrm{uniform}),
        \quad P_i(n) \propto e^{-\lVert b_n - z_i \rVert^2 / 2 s^2}

    There is no commitment, no straight-through step and no rule for dead codes: while s is
    large all codes learn, and it falls as the reconstruction improves. That takes thousands of batches, in
    the first of which s rises, so training has a budget of batches (``epochs=None``) rather than of passes.

    Parameters
    ----------
    quantisation : StochasticQuantisation, dict or None
        How many codes there are, and how they are drawn; a dict gives what differs from
        ``StochasticQuantisation()``.
    codebook_training : bool, CodebookTraining, dict or None
        How the codebooks are kept in use, as :class:`robustgen.CodebookTraining`; ``None`` is the
        method's own, and a dict gives what differs from it. ``True`` is the robust training of Lancucki
        et al.: batch norm before the quantizer, ten times the learning rate, k-means++ seeds in the
        first epochs, revival of dead codes; ``False`` does none of it.
    nets : CodeNets, dict or None
        Sizes of the nets of images and of the prior, as :class:`robustgen.CodeNets`; a dict gives what
        differs from ``CodeNets()``.
    scoring : {"reconstruction", "likelihood"}
        The mean squared error of a row, or minus the log probability of its codes under the
        prior, in nats.
    latent_dim : int or None
        D, the length of a code; ``None`` is 16 for images and 4 for vectors. ``transform`` gives
        the mean code over a row's positions, ``encode_codes`` all of them.
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
    prior_epochs : int or None
        Passes over the codes when the prior is fitted: by the first ``sample``, by
        ``fit_prior``, or by ``fit`` where the score asks for it. ``None`` makes as many as give
        1000 steps, and 10 at least.
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
    n_labels_ : int
        Labels that the decoder is told; 0 where ``fit`` was given none.
    train_labels_ : ndarray of int or None, (n,)
        Those of the rows that were learnt.
    codes_ : ndarray of int, (K, n, P)
        The codes of the training rows that the prior learns, 131,072 of them at most.
    coded_rows_ : ndarray of int, (n,)
        The places of those rows among the rows that were learnt.
    codebook_perplexity_ : ndarray of float, (K, G)
        Perplexity of the codes of each slice over the whole training set.
    codes_used_ : ndarray of int, (K, G)
        How many different codes of each slice the training set uses.
    map_shape_ : tuple of int
        (h, w G) of the code map of an image, G codes a place; (P,) of a vector.
    prior_ : robustgen.detectors.prior.CodePrior or None
        The prior, once it is fitted.
    noise_ : ndarray of float, (K,)
        The variance of the decoder, in scaled units.
    noise_scale_ : ndarray of float, ``(K, *input_shape_)``
        The standard deviation of the decoder at each entry, in the units of X.
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
    net_ : robustgen.nets.vector_quantised.VectorQuantisedNet
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
    ``history_`` has "perplexity" and "codes_used", those of the codebook over each epoch, among its terms.

    The decoder's variance is in closed form; each row has its share of that term, see
    :func:`robustgen.objectives.quantisation.free_variance_likelihood`. For the variance we take
    the multiplicative form, see :class:`robustgen.nets.quantizers.gaussian.GaussianQuantizer`.

    We depart from the authors' code in the nets, which are smaller
    (:class:`robustgen.nets.code_maps.ConvCodeEncoder`); in the budget of 10,000 batches, where theirs is
    100 epochs of 60,000 images; in the temperature, which falls to what theirs ends at within any budget; in
    s, which is 1 at the start; and in a prior of our own size. The von Mises-Fisher decoder takes one-hot
    channels as they are, where the code gives the encoder integers, and its concentration in closed form,
    :func:`robustgen.objectives.quantisation.free_concentration_likelihood`, where theirs is learnt.

    References
    ----------
    Takida et al., "SQ-VAE: Variational Bayes on Discrete Representation with Self-annealed
    Stochastic Quantization", ICML 2022, https://arxiv.org/abs/2205.07547.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from robustgen import SQVAE
    >>> X = load_digits().images[:200]
    >>> detector = SQVAE(quantisation={"n_codes": 16}, epochs=2, random_state=0).fit(X)
    >>> detector.encode_codes(X).shape
    (200, 4, 4)
    """

    def __init__(
        self,
        *,
        quantisation: StochasticQuantisation | dict[str, Any] | None = None,
        codebook_training: bool | CodebookTraining | dict[str, Any] | None = False,
        nets: CodeNets | dict[str, Any] | None = None,
        scoring: str = "reconstruction",
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (64, 32),
        scaling: str | None = "auto",
        epochs: int | None = None,
        batch_size: int | str = 32,
        learning_rate: float = 1e-3,
        prior_epochs: int | None = None,
        contamination: float | str = 0.1,
        n_members: int = 1,
        robust: bool | RobustTraining | dict[str, Any] = False,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.quantisation = quantisation
        self.codebook_training = codebook_training
        self.nets = nets
        self.scoring = scoring
        self.latent_dim = latent_dim
        self.hidden_dims = hidden_dims
        self.scaling = scaling
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.prior_epochs = prior_epochs
        self.contamination = contamination
        self.n_members = n_members
        self.robust = robust
        self.training = training
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def _code_map(self) -> StochasticQuantisation:
        return settings("quantisation", self.quantisation, StochasticQuantisation())

    def _nets(self) -> CodeNets:
        return settings("nets", self.nets, CodeNets())

    def _build_quantizer(self, code_dim: int) -> GaussianQuantizer | VonMisesFisherQuantizer:
        codes = self._code_map()
        cooling = codes.cooling(self._config().batches(self._n_rows))
        if codes.variance == SPHERE:
            return VonMisesFisherQuantizer(codes.n_codes, code_dim, cooling=cooling, n_slices=codes.n_slices)
        return GaussianQuantizer(
            codes.n_codes, code_dim, variance=codes.variance, cooling=cooling, n_slices=codes.n_slices
        )

    def _build_objective(self) -> VectorQuantisation:
        likelihood = LIKELIHOODS[self._code_map().decoder]
        return VectorQuantisation(likelihood, {}, self._schedule(), self._row_labels())

    def _check_own_parameters(self) -> None:
        super()._check_own_parameters()
        if self._has_directions() and self.scaling not in ("auto", None):
            raise UsageError(f"got scaling={self.scaling!r}, expected None: decoder='vmf' is of unit vectors")

    def _has_directions(self) -> bool:
        return self._code_map().decoder == SPHERE

    def _chosen_scaling(self) -> str | None:
        return None if self._has_directions() else super()._chosen_scaling()

    def _train(self, X: Any) -> None:
        if self._has_directions():
            check_unit_vectors(X)
        super()._train(X)

    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> VectorQuantisedNet:
        net = super()._build_net(row_shape, limits)
        if self._has_directions():
            net.decoder = nn.Sequential(net.decoder, Directions())
        return net

    def _drawn(
        self, made: NDArray[np.float64], noise: bool | None, generators: Generators
    ) -> NDArray[np.float64]:
        if not self._has_directions():
            return super()._drawn(made, noise, generators)
        if noise:
            raise UsageError("got noise=True, expected None or False: decoder='vmf' gives mean directions")
        return made

    def _bits(self, x: Tensor, step: float | None) -> Tensor:
        if self._has_directions():
            raise UsageError("got decoder='vmf', expected 'gaussian': bits are of its density")
        return super()._bits(x, step)


def check_unit_vectors(X: Any) -> None:
    """Raise unless the channels of rows (n, C, ...) are a unit vector at each place, C being 2 or more.

    Examples
    --------
    >>> check_unit_vectors(np.eye(3))
    """
    norms = linalg.norm(X, axis=1) if issparse(X) else np.linalg.norm(X, axis=1)
    if X.shape[1] < 2 or abs(norms - 1).max() > UNIT:
        raise UsageError(
            f"got rows whose {X.shape[1]} channels have lengths from {norms.min():.3g} to {norms.max():.3g}, "
            "expected 2 or more of length 1 at each place for decoder='vmf': one-hot categories, directions"
        )
