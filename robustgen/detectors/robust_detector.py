"""The default: robustly trained autoencoders find a clean core, unlike models of it score."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from torch import Tensor

from robustgen._checks import UsageError
from robustgen._random import base_seed, seed_from
from robustgen._storable import storable
from robustgen.densities.coherence import coherent_core
from robustgen.densities.concentration import concentrate
from robustgen.densities.consensus import MODELS, Consensus, fit_consensus, fit_grading
from robustgen.densities.core import least_suspected, vouched_for
from robustgen.densities.directions import Directions, fit_directions, pairwise_cosines, unit_rows
from robustgen.densities.repeats import vouched_by_copies, without_floods
from robustgen.densities.words import holds_words
from robustgen.descriptors.description import Description, described_width, fit_description
from robustgen.descriptors.thumbnail import thumbnail, thumbnails
from robustgen.detectors.autoencoder import Autoencoder
from robustgen.detectors.base import Detector
from robustgen.detectors.parameters import check_choice
from robustgen.inference.audit import Audit, audit
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.plain import plain_autoencoder, plain_latent_dim, thumbnail_autoencoder
from robustgen.objectives.autoencoding import Autoencoding
from robustgen.objectives.reconstruction import l21
from robustgen.training import RobustTraining, TrainingConfig
from robustgen.training.rows import RowBlocks, block_rows
from robustgen.training.scaling import fit_scaling

JUDGES = ("standard", "robust", "forest", "concentration")
REFERENCE_ROWS = 10_000
LARGEST_GRADE = 700.0  # its exponential is a float yet
REFERENCE_ENTRIES = 2**23
REFERENCE_TEXTS = 4096


@storable
@dataclass(frozen=True)
class Choice:
    """Who judges and who scores.

    Attributes
    ----------
    judges : tuple of str
        The judges.
    vouching : float
        The largest ratio of distances at which a row is kept; 0 keeps the core as it is.
    models : tuple of str
        The models.
    """

    judges: tuple[str, ...]
    vouching: float
    models: tuple[str, ...]


FOR_VECTORS = Choice(("standard", "robust", "forest"), 1.3, tuple(MODELS))
FOR_IMAGES = Choice(("concentration",), 0, ("neighbours",))
FOR_WORDS = Choice(("coherence",), 0, ("directions",))


class RobustDetector(Detector):
    r"""The detector to take where nothing is known of the corruption.

    It asks who can be trusted before it asks who is an outlier:

    0. **Floods**, rows that stand in X 20 times or more, count once each, unless more than the share
       ``flood`` of the rows are in floods: then they are the norm, and rows that repeat are kept
       (:func:`robustgen.densities.repeats.without_floods`).
    1. **Judges** find the rows that few would suspect: autoencoders on columns scaled by mean and
       deviation, autoencoders on columns scaled by median and quartiles, both robustly trained
       with the L2,1 error, and an isolation forest. The half of the rows whose mean rank over the
       judges is lowest is the *core* (:func:`robustgen.densities.core.least_suspected`).
    2. The core **vouches**: a row is kept when its nearest core rows are at most ``vouching`` times as
       far as its nearest rows of all (:func:`robustgen.densities.core.vouched_for`). What is thin
       around the core joins it; a clump apart from it, however dense, stays out.
    3. **Models** of what is kept score: a shrunk Gaussian, a mixture of Gaussians and the nearest
       neighbours. Each is graded by the training rows' errors
       (:class:`robustgen.densities.consensus.Grading`); the score is minus the mean grade, 0 for a
       row that all of them find as good as the median training row.

    **Images** are compared by what they look like, as one vector of pixels, edges and textures
    (:class:`robustgen.descriptors.description.Description`). One judge finds the half of them that lies
    together (:func:`robustgen.densities.concentration.concentrate`), and the nearest of these score. The
    autoencoders do no more than ``transform`` and ``reconstruct`` them.

    **Words**, counts or TF-IDF (:func:`robustgen.densities.words.holds_words`), are directions: the length of
    a row says nothing. Two copies are a flood among them. The core are the rows that hang together by
    their cosines and have least in common with the others
    (:func:`robustgen.densities.coherence.coherent_core`), and a row is scored by its mean cosine to the 5
    nearest of them, to the 20 nearest and to all (:class:`robustgen.densities.directions.Directions`). The
    autoencoders, linear then, learn the core and do no more than ``transform`` and ``reconstruct``. Where
    judges, vouching or models are chosen, words are vectors like others.

    Parameters
    ----------
    flood : float in [0, 1]
        The share of rows in floods up to which these are taken for outliers.
    judges : tuple of {"standard", "robust", "forest", "concentration"} or None
        The judges; ``None`` takes the first three for vectors, the last for images.
    core : float in (0, 1]
        The share of the rows that is trusted at first.
    vouching : float or None
        The largest ratio of distances at which a row is kept, at least 1; 0 keeps the core as it is.
        ``None`` takes 1.3 for vectors, 0 for images.
    models : tuple of {"autoencoder", "gaussian", "mixture", "neighbours"} or None
        The models; ``None`` takes the last three for vectors, the last for images.
        "autoencoder" is the error of the first judges, which are good judges of the training rows and
        blunt models of them.
    latent_dim : int or None
        d, the width of the bottleneck. ``None`` takes a third of the columns, at least 2 and at
        most 10; 10 for images.
    hidden_dims : tuple of int
        Widths of the encoder's hidden layers, mirrored in the decoder. Of images they see thumbnails of
        at most 32 x 32 pixels; words take none.
    epochs : int
        Passes of the autoencoders over the rows.
    batch_size : int
        Rows per training step.
    learning_rate : float
        Adam's step.
    contamination : float in (0, 0.5] or "auto"
        The share of the training rows that ``predict`` marks; "auto" takes ``contamination_``. It
        moves the threshold, never the ranking.
    n_members : int
        K, autoencoders of each scaling, trained at once.
    robust : bool or RobustTraining
        How the autoencoders are kept from learning outliers; see
        :class:`robustgen.training.RobustTraining`.
    training : dict or None
        Further settings of :class:`robustgen.training.TrainingConfig`: ``clip_norm``,
        ``patience``, ``min_improvement``, ``precision``.
    device : str
        "auto" (cuda, else mps, else cpu) or a torch device.
    random_state : int, numpy.random.RandomState or None
        Seed of everything that is drawn. The same integer gives the same scores to the last bit on
        one CPU.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    choice_ : Choice
        The judges and models that were taken.
    description_ : robustgen.descriptors.description.Description or None
        What makes a vector of an image; ``None`` for vectors.
    consensus_ : robustgen.densities.consensus.Consensus or robustgen.densities.directions.Directions
        The models of the rows that were kept.
    reference_ : ndarray of int, (R,)
        Where those rows stand in the training set. Of a large one a sample is judged: 10,000 rows, or
        fewer where they have more than 800 entries; 4,096 texts.
    history_ : robustgen.training.History
        The training objective of the first autoencoders by epoch and member.
    offset_ : float
        The threshold on ``score_samples``.
    support_ : ndarray of bool, (n,)
        The training rows taken as inliers: all but ``contamination_`` of them, the lowest scores out.
    inlier_weight_ : ndarray of float, (n,)
        The probability of each training row to be an inlier, as its score tells; see
        :class:`robustgen.inference.membership.InlierProbability`.
    contamination_ : float
        The estimated share of outliers among the training rows, in [0, 0.5]; see
        :func:`robustgen.inference.corruption.estimate_corruption`. It is told from :math:`e^{|g|} - 1`, g
        the mean grade: an error again. Of words it is too low, most often 0: outliers have little in common
        with the core, and so have many inliers; no tail of the errors tells them apart.
    contamination_interval_ : tuple of float
        (lower, upper) around it, at 90 %.
    latent_dim_ : int
        The width of the bottleneck.
    net_ : robustgen.nets.autoencoder.AutoencoderNet
        The first autoencoders, which ``transform`` and ``reconstruct``.
    input_shape_ : tuple of int
        The shape of one row.
    n_features_in_ : int
        Entries of one row.
    feature_names_in_ : ndarray of str
        Names of the columns, where X had some.

    References
    ----------
    Rousseeuw and Van Driessen, "A Fast Algorithm for the Minimum Covariance Determinant
    Estimator", Technometrics 41 (1999), for a trusted half that is then widened; Liu, Ting and
    Zhou, "Isolation Forest", ICDM 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen import RobustDetector
    >>> rng = np.random.default_rng(0)
    >>> inliers, flood = rng.normal(size=(140, 5)), 4 + 0.1 * rng.normal(size=(60, 5))
    >>> detector = RobustDetector(random_state=0).fit(np.vstack([inliers, flood]))
    >>> bool(detector.score_samples(flood).max() < np.median(detector.score_samples(inliers)))
    True
    """

    scaling = "standard"  # of the first autoencoders; the second take the other one

    choice_: Choice
    description_: Description | None
    consensus_: Consensus | Directions
    reference_: NDArray[np.intp]

    def __init__(
        self,
        *,
        flood: float = 0.4,
        judges: tuple[str, ...] | None = None,
        core: float = 0.5,
        vouching: float | None = None,
        models: tuple[str, ...] | None = None,
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (64, 32),
        epochs: int = 30,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        contamination: float | str = 0.1,
        n_members: int = 8,
        robust: bool | RobustTraining = True,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.flood = flood
        self.judges = judges
        self.core = core
        self.vouching = vouching
        self.models = models
        self.latent_dim = latent_dim
        self.hidden_dims = hidden_dims
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

    def _check_parameters(self) -> None:
        _check_range("flood", self.flood, 0 <= _number(self.flood) <= 1, "a share in [0, 1]")
        _check_range("core", self.core, 0 < _number(self.core) <= 1, "a share in (0, 1]")
        chosen = self._chosen(FOR_VECTORS)
        _check_names("judges", chosen.judges, JUDGES)
        _check_names("models", chosen.models, ("autoencoder", *MODELS))
        vouching = _number(chosen.vouching)
        _check_range("vouching", self.vouching, vouching >= 1 or vouching == 0, "a ratio of 1 or more, or 0")

    def _chosen(self, usual: Choice) -> Choice:
        """Return the user's choice of parts, the usual ones where it is left open."""
        return Choice(
            usual.judges if self.judges is None else self.judges,
            usual.vouching if self.vouching is None else self.vouching,
            usual.models if self.models is None else self.models,
        )

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return plain_latent_dim(row_shape)

    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> AutoencoderNet:
        build = thumbnail_autoencoder if len(row_shape) == 3 else plain_autoencoder
        hidden_dims = () if self.choice_ == FOR_WORDS else self.hidden_dims
        return build(row_shape, hidden_dims, self.latent_dim_)

    def _build_objective(self) -> Autoencoding:
        return Autoencoding("l21")

    def _train(self, X: Any, config: TrainingConfig, device: torch.device) -> None:
        left_open = self.judges is None and self.vouching is None and self.models is None
        train = self._train_on_words if left_open and holds_words(X) else self._train_on_vectors
        train(X, config, device)

    def _train_on_words(self, X: Any, config: TrainingConfig, device: torch.device) -> None:
        """Take the half that hangs together; the autoencoders have no part in it."""
        self.choice_, self.description_ = FOR_WORDS, None
        learnt = without_floods(X, self.flood, least=2)  # a copy hangs together with its like best of all
        sample = learnt[_sample(len(learnt), REFERENCE_TEXTS, base_seed(self.random_state))]
        rows = unit_rows(X[sample])
        cosines = pairwise_cosines(rows)
        core = coherent_core(cosines, self.core)
        self.reference_ = sample[core.numpy()]
        self.consensus_ = fit_directions(rows, cosines, core)
        self.scaling_ = fit_scaling(X, None)
        super()._train(X[self.reference_], config, device)

    def _train_on_vectors(self, X: Any, config: TrainingConfig, device: torch.device) -> None:
        """Ask the judges, and fit the models to what the core vouches for."""
        images = X.ndim > 2
        self.choice_ = self._chosen(FOR_IMAGES if images else FOR_VECTORS)
        learnt = without_floods(X, self.flood)
        counted = X if len(learnt) == X.shape[0] else X[learnt]  # a memory map stays one
        super()._train(thumbnails(counted) if images else counted, config, device)
        seed = base_seed(self.random_state)
        judged = _sample(len(learnt), _most_judged(X.shape[1:]), seed)
        rows = self._vectors(counted, judged)
        core = least_suspected(self._suspicions(counted, judged, rows, seed), self.core)
        kept = vouched_for(rows, core, self.choice_.vouching) if self.choice_.vouching else core
        kept |= torch.from_numpy(vouched_by_copies(counted)[judged])
        self.reference_ = learnt[judged[kept.numpy()]]
        models = [name for name in self.choice_.models if name in MODELS]
        # A description has its units already; the deviation of a pixel that is hardly ever lit is none.
        scale = torch.ones_like(rows[0]) if images else None
        self.consensus_ = fit_consensus(rows, kept, models, seed, scale=scale)
        if "autoencoder" in self.choice_.models:
            self._net_grading = fit_grading(torch.from_numpy(self._reconstruction_errors(counted[judged])))

    def _suspicions(
        self, X: Any, judged: NDArray[np.intp], rows: Tensor, seed: int
    ) -> list[NDArray[np.float64]]:
        """Return what each judge says of a sample of the rows, which it also gets as vectors."""
        judging: dict[str, Callable[[], NDArray[np.float64]]] = {
            "standard": lambda: self._reconstruction_errors(X[judged]),
            "robust": lambda: self._second_opinion(X, X[judged], seed),
            "forest": lambda: _isolation(rows.numpy(), seed),
            "concentration": lambda: concentrate(rows, self.core),
        }
        return [judging[name]() for name in self.choice_.judges]

    def _vectors(self, X: Any, sample: NDArray[np.intp]) -> Tensor:
        """Return a sample of the rows as vectors (n, D), and learn what makes a vector of an image."""
        scaled = RowBlocks(X, self.scaling_, torch.device("cpu"), torch.float64)
        if X.ndim == 2:
            self.description_ = None
            return scaled.take(sample)
        step = block_rows(1, X.shape[1:])
        blocks = np.split(sample, range(step, len(sample), step))
        small = [thumbnail(scaled.take(block)) for block in blocks]
        self.description_ = fit_description(small)
        return torch.cat([self.description_(images) for images in small])

    def _described(self, rows: Tensor) -> Tensor:
        """Return rows (B, ...) as the vectors (B, D) by which they are compared."""
        return rows if self.description_ is None else self.description_(rows)

    def _audit(self, scores: NDArray[np.float64]) -> Audit:
        # Grades are logarithms: they draw in the very tail by which outliers are counted.
        return audit(np.sign(scores) * np.expm1(np.minimum(np.abs(scores), LARGEST_GRADE)))

    def _reconstruction_errors(self, X: Any) -> NDArray[np.float64]:
        return torch.cat([self._net_errors(x) for x in self._blocks(X)]).cpu().double().numpy()

    def _net_errors(self, x: Tensor) -> Tensor:
        return l21(x, self.net_(x)).mean(0)

    def _second_opinion(self, X: Any, sample: Any, seed: int) -> NDArray[np.float64]:
        """Return the errors of autoencoders that see the columns on another scale."""
        shared = {name: value for name, value in self.get_params().items() if name in _SHARED}
        twin = Autoencoder(
            loss="l21", scaling="robust", random_state=seed_from(seed, "twin") % 2**31, **shared
        )
        return -twin.fit(X).score_samples(sample)

    def _errors(self, x: Tensor) -> Tensor:
        described = self._described(x[0])
        if isinstance(self.consensus_, Directions):
            return self.consensus_(described).mean(0, keepdim=True)
        grades = self.consensus_(described) if self.consensus_.models else x.new_empty(0, x.shape[1])
        if "autoencoder" in self.choice_.models:
            grades = torch.cat([grades, self._net_grading(self._net_errors(x))[None]])
        return grades.mean(0, keepdim=True)


_SHARED = (
    "latent_dim",
    "hidden_dims",
    "epochs",
    "batch_size",
    "learning_rate",
    "n_members",
    "robust",
    "training",
    "device",
)


def _check_range(parameter: str, value: Any, holds: bool, expected: str) -> None:
    if not holds:
        raise UsageError(f"got {parameter}={value!r}, expected {expected}")


def _number(value: Any) -> float:
    return float(value) if isinstance(value, Real) else math.nan


def _check_names(parameter: str, names: Any, known: tuple[str, ...]) -> None:
    if isinstance(names, str) or not names:
        raise UsageError(f"got {parameter}={names!r}, expected a sequence of {', '.join(map(repr, known))}")
    for name in names:
        check_choice(parameter, name, known)


def _most_judged(row_shape: tuple[int, ...]) -> int:
    width = described_width(row_shape) if len(row_shape) > 1 else row_shape[0]
    return min(REFERENCE_ROWS, max(1000, REFERENCE_ENTRIES // width))


def _sample(n_rows: int, most: int, seed: int) -> NDArray[np.intp]:
    """Return the rows that are judged, in order: all of them where there are few."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed_from(seed, "sample")).choice(n_rows, most, replace=False))


def _isolation(rows: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return how easily an isolation forest sets each row apart."""
    forest = IsolationForest(random_state=seed_from(seed, "forest") % 2**31)
    return -forest.fit(rows).score_samples(rows)
