"""VQ-VAE."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn

from robustgen.detectors.parameters import check_at_least_zero, check_choice
from robustgen.detectors.quantised import QuantisedDetector
from robustgen.nets.quantizers.nearest import NearestQuantizer
from robustgen.objectives.codebooks.schedule import CodebookTraining
from robustgen.objectives.quantisation import VectorQuantisation, mean_squared_error
from robustgen.training import RobustTraining

UPDATES = ("gradient", "ema")
SCORINGS = ("reconstruction", "likelihood")


class VQVAE(QuantisedDetector):
    r"""Autoencoder with a quantised latent: every position of the code map takes the nearest code.

    .. math::
        \lVert x - D(z_q) \rVert^2 + \lVert \mathrm{sg}[z] - e \rVert^2
        + \beta \lVert z - \mathrm{sg}[e] \rVert^2

    with a straight-through gradient. An outlier is what the codes cannot spell, or spell in an
    unlikely way. On a dirty training set the outliers get codes of their own: :class:`RVQVAE`
    is the cure.

    Parameters
    ----------
    n_codes : int
        N, the size of the codebook.
    beta : float
        :math:`\beta`, the weight of the commitment; it never reaches the codes.
    updates : {"gradient", "ema"}
        What moves the codes: the gradient of the second term, or moving averages of the
        latents that they quantise.
    codebook_training : bool or CodebookTraining
        How the codebook is kept in use. ``True`` is the robust training of Lancucki et al.:
        batch norm before the quantizer, ten times the learning rate, k-means++ seeds in the
        first epochs, revival of dead codes; ``False`` does none of it.
    scoring : {"reconstruction", "likelihood"}
        The mean squared error of a row, or minus the log probability of its codes under the
        prior, in nats.
    latent_dim : int or None
        D, the length of a code; ``None`` is 16 for images and 4 for vectors. ``transform`` gives
        the mean code over a row's positions, ``encode_codes`` all of them.
    n_positions : int or None
        P, how many codes describe a vector; ``None`` takes half the columns, at least 2 and at
        most 8. A position is a slice of the encoder's last layer, not of the columns: tables
        have no neighbourhood, so the net learns what each position describes. Images are
        halved until their map is 8 x 8 at most (28 x 28 gives 7 x 7), whatever this says.
    hidden_dims : tuple of int
        Widths of the encoder's hidden layers, mirrored in the decoder. Images take
        :class:`robustgen.nets.code_maps.ConvCodeEncoder` instead.
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
    prior_epochs : int or None
        Passes over the codes when the prior is fitted: by the first ``sample``, by
        ``fit_prior``, or by ``fit`` where the score asks for it. ``None`` makes as many as give
        1000 steps, and 10 at least.
    contamination : float in (0, 0.5] or "auto"
        The share of the training rows that ``predict`` marks; "auto" takes ``contamination_``. It
        moves the threshold, never the ranking.
    n_members : int
        K, nets that are trained at once, each with its own start and shuffles; the score is
        their mean error.
    robust : bool or RobustTraining
        Learn from the rows of each batch that a moving average of the net explains best; see
        :class:`robustgen.training.RobustTraining`. Not part of the paper.
    training : dict or None
        Further settings of :class:`robustgen.training.TrainingConfig`: ``clip_norm``,
        ``patience``, ``min_improvement``, ``precision``.
    device : str
        "auto" (cuda, else mps, else cpu) or a torch device.
    random_state : int, numpy.random.RandomState or None
        Seed of initialisation and shuffles. The same integer gives the same scores to the last
        bit on one CPU.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    history_ : robustgen.training.History
        The terms by epoch and member; "perplexity" and "codes_used" of the codebook over each
        epoch are among them.
    codes_ : ndarray of int, (K, n, P)
        The codes of the training rows that the prior learns.
    codebook_perplexity_ : ndarray of float, (K,)
        Perplexity of the codes over the whole training set.
    codes_used_ : ndarray of int, (K,)
        How many different codes the training set uses.
    map_shape_ : tuple of int
        (h, w) of the code map of an image, (P,) of a vector.
    prior_ : robustgen.detectors.prior.CodePrior or None
        The prior, once it is fitted.
    noise_ : ndarray of float, (K,)
        The variance of the decoder, in scaled units.
    offset_ : float
        The threshold on ``score_samples``.
    support_ : ndarray of bool, (n,)
        The training rows taken as inliers: all but ``contamination_`` of them, the lowest scores out.
    inlier_weight_ : ndarray of float, (n,)
        The probability of each training row to be an inlier, as its score tells; see
        :class:`robustgen.inference.audit.InlierProbability`.
    contamination_ : float
        The estimated share of outliers among the training rows, in [0, 0.5]; see
        :func:`robustgen.inference.corruption.estimate_corruption`.
    contamination_interval_ : tuple of float
        (lower, upper) around it, at 90 %.
    latent_dim_ : int
        The length of a code.
    net_ : robustgen.nets.vector_quantised.VectorQuantisedNet
        The trained net.
    input_shape_ : tuple of int
        The shape of one row.
    n_features_in_ : int
        Entries of one row.
    feature_names_in_ : ndarray of str
        Names of the columns, where X had some.

    Notes
    -----
    All squared errors are means over entries, as in the authors' code. The nets are smaller
    than the paper's.

    References
    ----------
    van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", NIPS 2017,
    equation 3, https://arxiv.org/abs/1711.00937; Lancucki et al., "Robust Training of Vector
    Quantized Bottleneck Models", IJCNN 2020, https://arxiv.org/abs/2005.08520.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from robustgen import VQVAE
    >>> X = load_digits().images[:200]
    >>> detector = VQVAE(n_codes=16, epochs=2, prior_epochs=1, random_state=0).fit(X)
    >>> detector.encode_codes(X).shape, detector.sample(3, random_state=0).shape
    ((200, 4, 4), (3, 8, 8))
    """

    def __init__(
        self,
        *,
        n_codes: int = 128,
        beta: float = 0.25,
        updates: str = "gradient",
        codebook_training: bool | CodebookTraining = False,
        scoring: str = "reconstruction",
        latent_dim: int | None = None,
        n_positions: int | None = None,
        hidden_dims: tuple[int, ...] = (64, 32),
        scaling: str | None = "auto",
        epochs: int = 50,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        prior_epochs: int | None = None,
        contamination: float | str = 0.1,
        n_members: int = 1,
        robust: bool | RobustTraining = False,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_codes = n_codes
        self.beta = beta
        self.updates = updates
        self.codebook_training = codebook_training
        self.scoring = scoring
        self.latent_dim = latent_dim
        self.n_positions = n_positions
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

    def _check_codebook_parameters(self) -> None:
        check_at_least_zero("beta", self.beta)
        check_choice("updates", self.updates, UPDATES)
        check_choice("scoring", self.scoring, SCORINGS)

    def _build_quantizer(self, code_dim: int) -> nn.Module:
        return NearestQuantizer(self.n_codes, code_dim, updates=self.updates)

    def _build_objective(self) -> VectorQuantisation:
        return VectorQuantisation("l2", {"commitment": self.beta}, self._schedule())

    def _errors(self, x: Tensor) -> Tensor:
        if self.scoring == "likelihood":
            return self._surprisal(x)
        return mean_squared_error(x, self.net_(x))
