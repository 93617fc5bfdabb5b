"""The default: robustly trained autoencoders find a clean core, unlike models of it score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen._seeds import base_seed, seed_from, subsample
from robustgen.densities.core import least_suspected, vouched_for
from robustgen.densities.cosine import CosineModel
from robustgen.densities.duplicates import without_floods
from robustgen.densities.ensemble import MODELS, Ensemble, fit_score_normalisation
from robustgen.densities.held_out import held_out_errors
from robustgen.descriptors.description import Description
from robustgen.detectors.autoencoder import Autoencoder
from robustgen.detectors.base import Detector
from robustgen.detectors.parameters import check_choices, check_ratio, check_share
from robustgen.detectors.robust.modality import Choice, Kind, Vectors, kind_of
from robustgen.detectors.robust.screening import CHOOSABLE, JUDGES, Case
from robustgen.inference.audit import Audit, audit
from robustgen.inference.corruption import Corruption, agreed_corruption
from robustgen.nets.autoencoder import AutoencoderNet, plain_latent_dim
from robustgen.objectives.autoencoding import Autoencoding
from robustgen.objectives.errors import l21
from robustgen.training import RobustTraining, TrainingConfig
from robustgen.training.scaling import fit_scaling

LARGEST_GRADE = 700.0  # its exponential is a float yet
OF_AUTOENCODERS = {
    *("latent_dim", "hidden_dims", "epochs", "batch_size", "learning_rate"),
    *("n_members", "robust", "training", "device"),
}
"""The parameters that all autoencoders share."""


class RobustDetector(Detector):
    r"""The detector to take where nothing is known of the corruption.

    It asks who can be trusted before it asks who is an outlier:

    0. **Floods**, rows that stand in X 20 times or more, count once each, unless more than the share
       ``flood`` of the rows are in floods: then they are the norm, and rows that repeat are kept
       (:func:`robustgen.densities.duplicates.without_floods`).
    1. **Judges** find the rows that few would suspect: autoencoders on columns scaled by mean and
       deviation, autoencoders on columns scaled by median and quartiles, both robustly trained
       with the L2,1 error, and an isolation forest. The half of the rows whose mean rank over the
       judges is lowest is the *core* (:func:`robustgen.densities.core.least_suspected`).
    2. The core **vouches**: a row is kept when its nearest core rows are at most ``vouching`` times as
       far as its nearest rows of all (:func:`robustgen.densities.core.vouched_for`). What is thin
       around the core joins it; a clump apart from it, however dense, stays out.
    3. **Models** of what is kept score: a shrunk Gaussian, a mixture of Gaussians and the nearest
       neighbours. Each is graded by the training rows' errors
       (:class:`robustgen.densities.ensemble.ScoreNormalisation`); the score is minus the mean grade, 0 for a
       row that all of them find as good as the median training row.

    That is for vectors. **Images** are compared by what they look like, as one vector of pixels, edges and
    textures (:class:`robustgen.detectors.robust.modality.Images`): one judge finds the half of them that lies
    together, and the nearest of these score. **Words**, counts or TF-IDF, are directions, and are compared by
    their cosines (:class:`robustgen.detectors.robust.modality.Words`). Where judges, vouching or models are
    chosen, words are vectors like others.

    The first autoencoders learn all rows where they judge or score. Where they do neither, as for images and
    words, they learn the rows that were kept, which need no robust training, and do no more than
    ``transform`` and ``reconstruct``.

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
        How autoencoders that learn all rows are kept from learning outliers; see
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
    kind_ : robustgen.detectors.robust.modality.Kind
        What the rows are: vectors, images or words.
    choice_ : robustgen.detectors.robust.modality.Choice
        The judges and models that were taken.
    description_ : robustgen.descriptors.description.Description or None
        What makes a vector of an image; ``None`` where rows are no images.
    consensus_ : robustgen.densities.ensemble.Ensemble or robustgen.densities.cosine.CosineModel
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
        :class:`robustgen.inference.audit.InlierProbability`.
    contamination_ : float
        The estimated share of outliers among the training rows, in [0, 0.5]: of vectors the rows that
        every model sets apart which has not seen them
        (:func:`robustgen.densities.held_out.held_out_errors`,
        :func:`robustgen.inference.corruption.agreed_corruption`); of a large set a sample is asked. Where one
        model scores, it is told from :math:`e^{|g|} - 1`, g its grade: an error again. Of words it is too
        low, most often 0: outliers have little in common with the core, and so have many inliers; no tail
        of the errors tells them apart.
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

    scaling = None  # of rows as they come in; each kind has its own

    kind_: Kind
    choice_: Choice
    consensus_: Ensemble | CosineModel
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

    @property
    def description_(self) -> Description | None:
        """What makes a vector of an image."""
        return self.kind_.description

    def _check_parameters(self) -> None:
        check_share("flood", self.flood, zero=True)
        check_share("core", self.core)
        chosen = self._chosen(Vectors.usual)
        check_choices("judges", chosen.judges, CHOOSABLE)
        check_choices("models", chosen.models, ("autoencoder", *MODELS))
        check_ratio("vouching", chosen.vouching)

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
        return self.kind_.net(row_shape, self.hidden_dims, self.latent_dim_)

    def _build_objective(self) -> Autoencoding:
        return Autoencoding("l21")

    def _train(self, X: Any, config: TrainingConfig, device: torch.device) -> None:
        left_open = self.judges is None and self.vouching is None and self.models is None
        self.kind_ = kind_of(X, words=left_open)
        self.choice_ = self._chosen(self.kind_.usual)
        self.scaling_ = fit_scaling(X, self.kind_.scaling)
        counted = without_floods(X, self.flood, self.kind_.flood)
        learnt = counted.of(X)
        nets_decide = "standard" in self.choice_.judges or "autoencoder" in self.choice_.models
        if nets_decide:
            super()._train(self.kind_.seen(learnt), config, device)
        kept = self._find_reference(learnt, counted.vouched, base_seed(self.random_state))
        if not nets_decide:
            super()._train(self.kind_.seen(learnt[kept]), replace(config, robust=None), device)
        self.reference_ = counted.places[kept]

    def _find_reference(self, X: Any, vouched: NDArray[np.bool_], seed: int) -> NDArray[np.intp]:
        """Fit the models to the judges' core and what is vouched for, and return its places."""
        judged = subsample(len(vouched), self.kind_.most_judged(X.shape[1:]), seed_from(seed, "sample"))
        rows = self.kind_.learn(X, judged, self.scaling_)
        case = Case(X, judged, rows, self.core, seed, self._reconstruction_errors, self._twin(seed))
        core = least_suspected([JUDGES[name](case) for name in self.choice_.judges], self.core)
        kept = vouched_for(rows, core, self.choice_.vouching) if self.choice_.vouching else core
        kept |= torch.from_numpy(vouched[judged])
        self.consensus_ = self.kind_.model(rows, kept, self._models(), seed)
        if "autoencoder" in self.choice_.models:
            self._net_grading = fit_score_normalisation(
                torch.from_numpy(self._reconstruction_errors(X[judged]))
            )
        return judged[kept.numpy()]

    def _models(self) -> list[str]:
        """Return the models that were taken, but for the autoencoders."""
        return [name for name in self.choice_.models if name in MODELS]

    def _audit(self, X: Any, scores: NDArray[np.float64]) -> Audit:
        # Grades are logarithms: they draw in the very tail by which outliers are counted.
        undone = np.sign(scores) * np.expm1(np.minimum(np.abs(scores), LARGEST_GRADE))
        if not isinstance(self.consensus_, Ensemble) or len(self._models()) < 2:
            return audit(undone)
        return audit(undone, self._agreed_share(X, self.consensus_))

    def _agreed_share(self, X: Any, consensus: Ensemble) -> Corruption:
        """Ask all models of some rows, and of a row that was kept those that have not seen it."""
        seed = base_seed(self.random_state)
        some = subsample(X.shape[0], self.kind_.most_judged(X.shape[1:]), seed_from(seed, "sample"))
        asked = without_floods(X, self.flood, self.kind_.flood).stand_ins[some]
        places = np.union1d(asked, self.reference_)
        rows = torch.cat([self.kind_.compared(x[0]) for x in self._blocks(X[places])]).cpu().double()
        kept = torch.from_numpy(np.isin(places, self.reference_))
        errors = held_out_errors(consensus.standardised(rows), kept, self._models(), seed)
        return agreed_corruption(-errors.numpy()[:, np.searchsorted(places, asked)])

    def _reconstruction_errors(self, X: Any) -> NDArray[np.float64]:
        return torch.cat([self._net_errors(x) for x in self._blocks(X)]).cpu().double().numpy()

    def _net_errors(self, x: Tensor) -> Tensor:
        return l21(x, self.net_(x)).mean(0)

    def _twin(self, seed: int) -> Autoencoder:
        """Return autoencoders like the first, that see the columns on another scale."""
        shared = {name: getattr(self, name) for name in OF_AUTOENCODERS}
        return Autoencoder(
            loss="l21", scaling="robust", random_state=seed_from(seed, "twin") % 2**31, **shared
        )

    def _errors(self, x: Tensor) -> Tensor:
        grades = self.consensus_(self.kind_.compared(x[0]))
        if "autoencoder" in self.choice_.models:
            grades = torch.cat([grades, self._net_grading(self._net_errors(x))[None]])
        return grades.mean(0, keepdim=True)
