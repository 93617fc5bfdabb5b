"""VQ-VAE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from robustgen._checks import UsageError
from robustgen.detectors.conditional import ConditionalDetector
from robustgen.detectors.parameters import settings
from robustgen.detectors.quantisation import Quantisation
from robustgen.nets.code_maps import CodeNets
from robustgen.nets.quantizers.codebook import Quantizer
from robustgen.nets.quantizers.lfq import ENTROPY_WEIGHT
from robustgen.objectives.codebooks.schedule import CodebookTraining
from robustgen.objectives.quantisation import VectorQuantisation
from robustgen.training import RobustTraining

REPLACEABLE = ("nearest", "rotation")
"""Quantizers whose codes can be replaced one by one."""


class VQVAE(ConditionalDetector):
    r"""Autoencoder with a quantised latent: every position of the code map takes the nearest code.

    .. math::
        \lVert x - D(z_q) \rVert^2 + \lVert \mathrm{sg}[z] - e \rVert^2
        + \beta \lVert z - \mathrm{sg}[e] \rVert^2

    with a straight-through gradient. An outlier is what the codes cannot spell, or spell in an
    unlikely way. On a dirty training set the outliers get codes of their own: :class:`RVQVAE`
    is the cure.

    Parameters
    ----------
    quantisation : Quantisation, dict or None
        How many codes there are, how a latent takes one and how they are learnt; a dict gives what
        differs from ``Quantisation()``.
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
        D, the length of a code; ``None`` is 16 for images and 4 for vectors, or what the quantizer
        needs. ``transform`` gives the mean code over a row's positions, ``encode_codes`` all of them.
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

    All squared errors are means over entries, as in the authors' code, and over a batch. We depart from the
    paper in the nets, which are smaller (:class:`robustgen.nets.code_maps.ConvCodeEncoder`; the paper's have
    256 units), in Adam's step of 1e-3 (2e-4 there), batches of 64 (128 there) and the number of steps
    (250,000 there), all of which :meth:`as_published` sets; and in a prior of our own size.
    ``codebook_training=True`` departs from Lancucki et al.: codes are replaced by k-means++ seeds without
    k-means after it, weights are not averaged (Polyak, .998 there), no plateau lowers the step, and there is
    one codebook, where they have a product of 8 (``Quantisation(n_slices=8)``).

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
    >>> detector = VQVAE(quantisation={"n_codes": 16}, epochs=2, prior_epochs=1, random_state=0).fit(X)
    >>> detector.encode_codes(X).shape, detector.sample(3, random_state=0).shape
    ((200, 4, 4), (3, 8, 8))
    """

    def __init__(
        self,
        *,
        quantisation: Quantisation | dict[str, Any] | None = None,
        codebook_training: bool | CodebookTraining | dict[str, Any] | None = False,
        nets: CodeNets | dict[str, Any] | None = None,
        scoring: str = "reconstruction",
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (64, 32),
        scaling: str | None = "auto",
        epochs: int | None = 50,
        batch_size: int | str = 64,
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

    def _code_map(self) -> Quantisation:
        return settings("quantisation", self.quantisation, Quantisation())

    @classmethod
    def as_published(cls, **parameters: Any) -> VQVAE:
        """Return a detector with the paper's net, 512 codes, batches, step and 250,000 batches.

        It is large: days on a CPU. The length of a code, 64, is that of the authors' example.

        Parameters
        ----------
        **parameters
            What is to be otherwise.

        Returns
        -------
        VQVAE
            Not fitted.

        Examples
        --------
        >>> VQVAE.as_published(device="cuda").nets.channels
        (256,)
        """
        published: dict[str, Any] = {
            "quantisation": Quantisation(512),
            "nets": CodeNets.as_published(),
            "latent_dim": 64,
            "epochs": None,
            "training": {"steps": 250_000},
            "batch_size": 128,
            "learning_rate": 2e-4,
        }
        return cls(**published | parameters)

    def _check_own_parameters(self) -> None:
        super()._check_own_parameters()
        codes, schedule = self._code_map(), self._asked_schedule()
        if codes.code_dim and self.latent_dim not in (None, codes.code_dim):
            raise UsageError(
                f"got latent_dim={self.latent_dim}, expected None: {codes.n_codes} codes of "
                f"quantizer={codes.quantizer!r} have {codes.code_dim} channels"
            )
        if codes.quantizer not in REPLACEABLE and replace(schedule, batch_norm=False) != CodebookTraining():
            raise UsageError(
                f"got codebook_training with quantizer={codes.quantizer!r}, expected at most batch_norm: "
                "its codes are not replaced one by one"
            )

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return self._code_map().code_dim or super()._default_latent_dim(row_shape)

    def _nets(self) -> CodeNets:
        return settings("nets", self.nets, CodeNets())

    def _build_quantizer(self, code_dim: int) -> Quantizer:
        return self._code_map().build(code_dim)

    def _build_objective(self) -> VectorQuantisation:
        weights = {"commitment": self._code_map().beta, "entropy": ENTROPY_WEIGHT}
        return VectorQuantisation("l2", weights, self._schedule(), self._row_labels())
