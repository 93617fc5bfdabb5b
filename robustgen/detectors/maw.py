"""MAW: the variational autoencoder with a mixture of two Gaussians, the Wasserstein-1 distance and L2,1."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from robustgen._checks import UsageError, is_count, is_number
from robustgen._validation import check_rows
from robustgen.detectors.generation import decode, generators_for
from robustgen.detectors.net_detector import NetDetector
from robustgen.detectors.parameters import check_at_least_zero, check_choice, check_count
from robustgen.nets.draws import normal, uniform
from robustgen.nets.mixture import GaussianMixture, MixtureShape
from robustgen.nets.mlp import ACTIVATIONS, NORMALIZATIONS
from robustgen.nets.variational import VariationalNet, variational_net
from robustgen.objectives.errors import PARTS, RECONSTRUCTION_ERRORS, SCORES, chosen_score, shared
from robustgen.objectives.variational import (
    DRAWINGS,
    CodeSampler,
    KLRegulariser,
    Regulariser,
    VariationalAutoencoding,
    WassersteinRegulariser,
)
from robustgen.training import RobustTraining

REGULARISERS = ("wasserstein", "kl")
MODES = ("alternating", "joint")
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
    what an outlier needs, and is not there when it is judged.

    Parameters
    ----------
    regulariser : {"wasserstein", "kl"}
        What keeps the codes near N(0, I): :math:`W_1` by a critic with gradient penalty, or (the
        ablation MAW-KL) the bound :math:`\sum_j w_j KL(q_j \| p)` on the divergence of the mixture.
    reconstruction : {"l21", "l2", "l1"}
        The error of a row: Euclidean, squared (the ablation MAW-MSE) or absolute.
    n_components : {2, 1}
        1 is the ablation of one Gaussian.
    eta : float in (0, 1)
        :math:`\eta`, the weight of the inlier Gaussian.
    ranks : tuple of int or None
        Rank of each component's :math:`\tilde M`. ``None`` is (d // 2, d), and (d,) for one
        component; (d, d) is the ablation of equal ranks.
    component_per : {"row", "batch"}
        Draw the component for each row, as the model has it, or for the whole batch, as the
        authors' code does.
    mode : {"alternating", "joint"}
        "alternating": the distance has an optimiser of its own on the encoder, as in the
        authors' code. "joint": it is added to the error. Only for "wasserstein".
    regulariser_weight : float
        Weight of the regulariser beside the error, at least 0; without effect in "alternating".
    critic_steps : int
        Moves of the critic per batch.
    covariance_floor : float
        s, at least 0, and above 0 for "kl". 1 in the authors' code.
    scoring : {"auto", "cosine", "l21", "l2", "l1"}
        How x and its reconstruction are compared. "auto" is the cosine dissimilarity for images
        and for words (:func:`robustgen._rows.is_text`), and the Euclidean error for other
        vectors: the angle needs an origin that means something, which centred columns do not have.
    n_draws : int
        Score by so many draws of the inlier Gaussian, averaged; 0 by its mean. Their noise is
        drawn once, in the fit.
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`, throughout the net; the output is
        linear.
    normalization : {"affine", "batch"} or None
        What follows each hidden activation, see :mod:`robustgen.nets.mlp`.
    latent_dim : int or None
        d, the dimension of the codes; ``None`` is 2, that of the authors' code.
    hidden_dims : tuple of int
        Widths of the encoder's layers, mirrored in the decoder. Images take the convolutional
        net of :class:`robustgen.nets.conv.ConvEncoder` instead.
    scaling : {"auto", "standard", "robust"} or None
        Each column (each channel of images) minus its mean over its standard deviation, minus
        its median over its interquartile range, or as it is. "auto" takes words as they are, all else
        in standard units; see :func:`robustgen._rows.is_text`.
    epochs : int
        Passes over the rows.
    batch_size : int
        Rows per training step.
    learning_rate : float
        Adam's step, of all players.
    contamination : float in (0, 0.5] or "auto"
        The share of the training rows that ``predict`` marks; "auto" takes ``contamination_``. It
        moves the threshold, never the ranking.
    n_members : int
        K, nets that are trained at once, each with its own start, shuffles and draws; the score
        is their mean error.
    robust : bool or RobustTraining
        Learn from the rows of each batch that a moving average of the net explains best; see
        :class:`robustgen.training.RobustTraining`. Not part of the paper.
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
        The terms by epoch and member: "reconstruction", then "critic" (minus the distance as the
        critic sees it), "gradient_penalty" and "wasserstein", or "kl".
    inlier_codes_ : robustgen.nets.mixture.GaussianMixture
        The inlier Gaussians of training rows that ``predict`` takes for inliers, 1000 at most.
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
        The dimension of the codes.
    net_ : robustgen.nets.variational.VariationalNet
        The trained net; ``net_.bottleneck.A`` is A, (K, 128, d).
    input_shape_ : tuple of int
        The shape of one row.
    n_features_in_ : int
        Entries of one row.
    feature_names_in_ : ndarray of str
        Names of the columns, where X had some.

    Notes
    -----
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
        regulariser: str = "wasserstein",
        reconstruction: str = "l21",
        n_components: int = 2,
        eta: float = 5 / 6,
        ranks: tuple[int, ...] | None = None,
        component_per: str = "row",
        mode: str = "alternating",
        regulariser_weight: float = 1.0,
        critic_steps: int = 1,
        covariance_floor: float = 1.0,
        scoring: str = "auto",
        n_draws: int = 0,
        activation: str = "leaky_relu",
        normalization: str | None = None,
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (32, 64, 128),
        scaling: str | None = "auto",
        epochs: int = 100,
        batch_size: int = 128,
        learning_rate: float = 2.5e-4,
        contamination: float | str = 0.1,
        n_members: int = 1,
        robust: bool | RobustTraining = False,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.regulariser = regulariser
        self.reconstruction = reconstruction
        self.n_components = n_components
        self.eta = eta
        self.ranks = ranks
        self.component_per = component_per
        self.mode = mode
        self.regulariser_weight = regulariser_weight
        self.critic_steps = critic_steps
        self.covariance_floor = covariance_floor
        self.scoring = scoring
        self.n_draws = n_draws
        self.activation = activation
        self.normalization = normalization
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

    def inlier_probability(self, X: Any) -> NDArray[np.float64]:
        r"""Return the responsibility of the inlier component for each row.

        With :math:`z_j = \mu_j(x)` and :math:`\rho` the error that was minimised, read as minus a
        log-likelihood,

        .. math::
            P(1 | x) = \frac{w_1 e^{-\rho(x, D(z_1))}}{\sum_j w_j e^{-\rho(x, D(z_j))}}, \qquad
            w = (\eta, 1 - \eta):

        near 1 where the inlier Gaussian explains the row better than the outlier Gaussian, near
        :math:`\eta` where both explain it alike. This is no probability of being an inlier: the
        weights are the same for every row, and the components differ by their rank alone, so both
        learn to explain all rows. Measured on tables it stays within 0.07 of :math:`\eta` and
        ranks rows far worse than ``score_samples``, which is what to rank by.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, (n,)
            In [0, 1]: the members' mean.

        Raises
        ------
        UsageError
            When there is one component only, to which every row belongs.
        """
        check_is_fitted(self)
        if self.n_components == 1:
            raise UsageError("with n_components=1 there is no outlier component to compare with: fit with 2")
        checked = check_rows(self, X, fitting=False)
        probabilities = [self._responsibility(x).mean(0) for x in self._member_blocks(checked)]
        return torch.cat(probabilities).cpu().double().numpy()

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
        self._check_mixture()
        check_choice("regulariser", self.regulariser, REGULARISERS)
        check_choice("reconstruction", self.reconstruction, RECONSTRUCTION_ERRORS)
        check_choice("component_per", self.component_per, DRAWINGS)
        check_choice("mode", self.mode, MODES)
        check_choice("scoring", self.scoring, ["auto", *SCORES])
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("normalization", self.normalization, [*NORMALIZATIONS, None])
        check_at_least_zero("regulariser_weight", self.regulariser_weight)
        check_count("critic_steps", self.critic_steps)
        check_count("n_draws", self.n_draws, least=0)

    def _check_mixture(self) -> None:
        check_choice("n_components", self.n_components, (1, 2))
        if not is_number(self.eta) or not 0 < self.eta < 1:
            raise UsageError(f"got eta={self.eta!r}, expected a weight between 0 and 1, such as 5/6")
        check_at_least_zero("covariance_floor", self.covariance_floor)
        if self.regulariser == "kl" and self.covariance_floor == 0:
            raise UsageError(
                "got covariance_floor=0 with regulariser='kl', whose divergence is then infinite: "
                "give a floor above 0, or take 'wasserstein'"
            )

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return 2

    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> VariationalNet:
        weights = (self.eta, 1 - self.eta) if self.n_components == 2 else (1.0,)
        return variational_net(
            row_shape,
            self.hidden_dims,
            self.latent_dim_,
            MixtureShape(weights, self._checked_ranks(), self.covariance_floor),
            critic=self.regulariser == "wasserstein",
            draws=self.n_draws,
            activation=self.activation,
            normalization=self.normalization,
        )

    def _checked_ranks(self) -> tuple[int, ...]:
        d = self.latent_dim_
        if self.ranks is None:
            return (d,) if self.n_components == 1 else (max(1, d // 2), d)
        ranks = tuple(self.ranks) if isinstance(self.ranks, Sequence) else ()
        if len(ranks) != self.n_components or not all(is_count(rank) and rank <= d for rank in ranks):
            raise UsageError(
                f"got ranks={self.ranks!r}, expected {self.n_components} from 1 to latent_dim={d}, "
                "one a component"
            )
        return ranks

    def _build_objective(self) -> VariationalAutoencoding:
        sampler = CodeSampler(self.component_per)
        return VariationalAutoencoding(self.reconstruction, self._build_regulariser(sampler), sampler)

    def _build_regulariser(self, sampler: CodeSampler) -> Regulariser:
        if self.regulariser == "kl":
            return KLRegulariser(self.regulariser_weight)
        return WassersteinRegulariser(
            sampler,
            joint=self.mode == "joint",
            weight=self.regulariser_weight,
            critic_steps=self.critic_steps,
        )

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

    def _responsibility(self, x: Tensor) -> Tensor:
        """Return P(1 | x) of scaled rows, (K, B)."""
        mixture = self.net_.posterior(x)
        error = RECONSTRUCTION_ERRORS[self.reconstruction]
        errors = torch.stack([error(x, self.net_.decoder(mean)) for mean in mixture.means.unbind(2)], dim=-1)
        return (errors.new_tensor(mixture.weights).log() - errors).softmax(-1)[..., 0]

    def _finish(self, X: Any, scores: NDArray[np.float64]) -> None:
        inliers = np.flatnonzero(scores >= self.offset_)
        kept = X[inliers[:: math.ceil(len(inliers) / CODES)]]
        parts = [self.net_.posterior(x).component(0) for x in self._member_blocks(kept)]
        self.inlier_codes_ = GaussianMixture.joined(parts)
