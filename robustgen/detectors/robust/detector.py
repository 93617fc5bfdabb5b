"""The default: screeners of several kinds find a clean core, several different models fitted to it score."""

from __future__ import annotations

import copy
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from robustgen._seeds import base_seed, seed_from, subsample
from robustgen._validation import check_rows
from robustgen.densities.core import least_suspected, vouched_for
from robustgen.densities.cosine import CosineModel
from robustgen.densities.duplicates import without_floods
from robustgen.densities.ensemble import MODELS, Ensemble, fit_score_normalisation
from robustgen.densities.held_out import held_out_errors
from robustgen.descriptors.description import Description
from robustgen.detectors.autoencoder import Autoencoder
from robustgen.detectors.base import Detector
from robustgen.detectors.parameters import check_choices, check_contamination, check_ratio, check_share
from robustgen.detectors.robust.modality import Choice, Modality, Vectors, modality_for
from robustgen.detectors.robust.screening import CHOOSABLE, SCREENERS, Screening
from robustgen.inference.audit import Audit, audit
from robustgen.inference.corruption import Corruption, agreed_corruption
from robustgen.objectives.errors import shared
from robustgen.training import History, RobustTraining
from robustgen.training.scaling import fit_scaling

LARGEST_GRADE = 700.0  # its exponential is a float yet
OF_AUTOENCODERS = {
    *("latent_dim", "hidden_dims", "epochs", "batch_size", "learning_rate"),
    *("n_members", "robust", "training", "device", "verbose"),
}
"""The parameters that all autoencoders share."""


class RobustDetector(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Detector):
    r"""The detector to take where nothing is known of the corruption.

    It asks who can be trusted before it asks who is an outlier:

    0. **Floods**, rows that stand in X 20 times or more, count once each, unless more than the share
       ``duplicates`` of the rows are in floods: then they are the norm, and rows that repeat are kept
       (:func:`robustgen.densities.duplicates.without_floods`).
    1. **Screeners** find the rows that few would suspect: autoencoders on columns scaled by mean and
       deviation, autoencoders on columns scaled by median and quartiles, both robustly trained
       with the L2,1 error, and an isolation forest. The half of the rows whose mean rank over the
       screeners is lowest is the *core* (:func:`robustgen.densities.core.least_suspected`).
    2. The core **vouches**: a row is kept when its nearest core rows are at most ``reweighting`` times as
       far as its nearest rows of all (:func:`robustgen.densities.core.vouched_for`). What is thin
       around the core joins it; a clump apart from it, however dense, stays out.
    3. **Models** of what is kept score: a shrunk Gaussian, a mixture of Gaussians and the nearest
       neighbours. Each is graded by the training rows' errors
       (:class:`robustgen.densities.ensemble.ScoreNormalisation`); the score is minus the mean grade, 0 for a
       row that all of them find as good as the median training row.

    That is for vectors. **Images** are compared by what they look like, as one vector of pixels, edges and
    textures (:class:`robustgen.detectors.robust.modality.Images`): one screener finds the half of them that
    lies together, and the nearest of these score. **Text**, counts of words or TF-IDF, are directions, and
    are compared by their cosines (:class:`robustgen.detectors.robust.modality.Text`). Where screeners,
    reweighting or models are chosen, texts are vectors like others.

    The first autoencoders learn all rows where they screen or score. Where they do neither, as for images and
    text, they learn the rows that were kept, which need no robust training, and do no more than
    ``transform`` and ``reconstruct``.

    Parameters
    ----------
    duplicates : float in [0, 1]
        The share of rows in floods up to which these are taken for outliers.
    screeners : tuple of {"standard", "robust", "forest", "concentration"} or None
        The screeners; ``None`` takes the first three for vectors, the last for images.
    support_fraction : float in (0, 1]
        The share of the rows that is trusted at first.
    reweighting : float or None
        The largest ratio of distances at which a row is kept, at least 1; 0 keeps the core as it is.
        ``None`` takes 1.3 for vectors, 0 for images.
    models : tuple of {"autoencoder", "gaussian", "mixture", "neighbours"} or None
        The models; ``None`` takes the last three for vectors, the last for images.
        "autoencoder" is the error of the first autoencoders, which screen the training rows well and
        are blunt models of them.
    latent_dim : int or None
        d, the width of the bottleneck. ``None`` takes a third of the columns, at least 2 and at
        most 10; 10 for images.
    hidden_dims : tuple of int
        Widths of the encoder's hidden layers, mirrored in the decoder. Of images they see thumbnails of
        at most 32 x 32 pixels; text takes none.
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
    modality_ : robustgen.detectors.robust.modality.Modality
        How the rows are compared.
    choice_ : robustgen.detectors.robust.modality.Choice
        The screeners and models that were taken.
    description_ : robustgen.descriptors.description.Description or None
        What makes a vector of an image; ``None`` where rows are no images.
    ensemble_ : robustgen.densities.ensemble.Ensemble or robustgen.densities.cosine.CosineModel
        The models of the rows that were kept.
    reference_ : ndarray of int, (R,)
        Where those rows stand in the training set. Of a large one a sample is screened: 10,000 rows, or
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
    autoencoder_ : robustgen.Autoencoder
        The first autoencoders, which ``transform`` and ``reconstruct``.
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

    modality_: Modality
    choice_: Choice
    ensemble_: Ensemble | CosineModel
    autoencoder_: Autoencoder
    reference_: NDArray[np.intp]

    def __init__(
        self,
        *,
        duplicates: float = 0.4,
        screeners: tuple[str, ...] | None = None,
        support_fraction: float = 0.5,
        reweighting: float | None = None,
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
        self.duplicates = duplicates
        self.screeners = screeners
        self.support_fraction = support_fraction
        self.reweighting = reweighting
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
        return self.modality_.description

    @property
    def history_(self) -> History:
        """The training objective of the autoencoders by epoch and member."""
        return self.autoencoder_.history_

    @property
    def latent_dim_(self) -> int:
        """The width of the bottleneck."""
        return self.autoencoder_.latent_dim_

    @property
    def _n_features_out(self) -> int:
        return self.autoencoder_._n_features_out

    def _check_parameters(self) -> None:
        check_share("duplicates", self.duplicates, zero=True)
        check_share("support_fraction", self.support_fraction)
        chosen = self._chosen(Vectors.usual)
        check_choices("screeners", chosen.screeners, CHOOSABLE)
        check_choices("models", chosen.models, ("autoencoder", *MODELS))
        check_ratio("reweighting", chosen.reweighting)
        check_contamination(self.contamination)
        Autoencoder(**self._shared())._check_parameters()

    def _chosen(self, usual: Choice) -> Choice:
        """Return the user's choice of parts, the usual ones where it is left open."""
        return Choice(
            usual.screeners if self.screeners is None else self.screeners,
            usual.reweighting if self.reweighting is None else self.reweighting,
            usual.models if self.models is None else self.models,
        )

    def _shared(self) -> dict[str, Any]:
        return {"loss": "l21"} | {name: getattr(self, name) for name in OF_AUTOENCODERS}

    def _learn(self, X: Any) -> None:
        self._seed = base_seed(self.random_state)
        left_open = self.screeners is None and self.reweighting is None and self.models is None
        text_as_vectors = self.row_type_ == "text" and not left_open
        self.modality_ = modality_for("vectors" if text_as_vectors else self.row_type_)
        self.choice_ = self._chosen(self.modality_.usual)
        self.scaling_ = fit_scaling(X, self.modality_.scaling)
        self._fit_models(X)

    def _fit_models(self, X: Any) -> None:
        """Screen the rows, fit the models to those that can be trusted, and the autoencoders."""
        counted = without_floods(X, self.duplicates, self.modality_.copies)
        encoded = self.modality_.encoded(counted.of(X), self.scaling_)
        self.autoencoder_ = self.modality_.autoencoder(random_state=self._seed, **self._shared())
        decides = "standard" in self.choice_.screeners or "autoencoder" in self.choice_.models
        if decides:
            self.autoencoder_.fit(encoded)
        selected = self._select(counted.of(X), encoded, counted.vouched)
        if not decides:  # rows that can be trusted need no robust training
            self.autoencoder_.set_params(robust=False).fit(encoded[selected])
        self.reference_ = counted.places[selected]

    def _select(self, X: Any, encoded: Any, repeated: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Fit the models to the core and what joins it, and return the places of these rows."""
        seed, choice = self._seed, self.choice_
        places = subsample(X.shape[0], self.modality_.most_screened(X.shape[1:]), seed_from(seed, "sample"))
        rows = self.modality_.learn(X, places, self.scaling_)
        other = Autoencoder(scaling="robust", random_state=seed_from(seed, "twin") % 2**31, **self._shared())
        screening = Screening(encoded, places, rows, self.support_fraction, seed, self.autoencoder_, other)
        suspicions = [SCREENERS[name](screening) for name in choice.screeners]
        core = least_suspected(suspicions, self.support_fraction)
        selected = vouched_for(rows, core, choice.reweighting) if choice.reweighting else core
        selected |= torch.from_numpy(repeated[places])
        self.ensemble_ = self.modality_.fit_models(rows, selected, self._densities(), seed)
        if "autoencoder" in choice.models:
            errors = -self.autoencoder_.score_samples(encoded[places])
            self._autoencoder_normalisation = fit_score_normalisation(torch.from_numpy(errors))
        return places[selected.numpy()]

    def _densities(self) -> list[str]:
        """Return the models that were taken, but for the autoencoders."""
        return [name for name in self.choice_.models if name in MODELS]

    def _placement(self) -> tuple[torch.device, torch.dtype]:
        return self.autoencoder_._placement()

    def _in_single_precision(self) -> tuple[Detector, list[nn.Module]]:
        other = copy.copy(self)
        single, nets = self.autoencoder_._in_single_precision()
        other.autoencoder_ = cast(Autoencoder, single)
        return other, nets

    def _row_errors(self, x: Tensor) -> Tensor:
        grades = self.ensemble_(self.modality_.compared(x))
        if "autoencoder" in self.choice_.models:
            grades = torch.cat([grades, self._autoencoder_grades(x)[None]])
        return grades.mean(0)

    def _autoencoder_grades(self, x: Tensor) -> Tensor:
        rows = self.modality_.encoded_rows(x.cpu().double(), self.scaling_)
        scaled = self.autoencoder_.scaling_.apply(rows).to(*self._placement())
        return self._autoencoder_normalisation(self.autoencoder_._row_errors(scaled))

    def _contributions(self, x: Tensor) -> Tensor:
        parts = self.modality_.parts(self._row_errors, x)
        return shared(self._row_errors(x)[None], parts[None])[0]

    def _audit(self, X: Any, scores: NDArray[np.float64]) -> Audit:
        # Grades are logarithms: they draw in the very tail by which outliers are counted.
        undone = np.sign(scores) * np.expm1(np.minimum(np.abs(scores), LARGEST_GRADE))
        if not isinstance(self.ensemble_, Ensemble) or len(self._densities()) < 2:
            return audit(undone)
        return audit(undone, self._agreed_share(X, self.ensemble_))

    def _agreed_share(self, X: Any, ensemble: Ensemble) -> Corruption:
        """Ask all models of some rows, and of a row that was kept those that have not seen it."""
        seed = self._seed
        some = subsample(X.shape[0], self.modality_.most_screened(X.shape[1:]), seed_from(seed, "sample"))
        asked = without_floods(X, self.duplicates, self.modality_.copies).stand_ins[some]
        places = np.union1d(asked, self.reference_)
        rows = torch.cat([self.modality_.compared(x) for x in self._blocks(X[places])]).cpu().double()
        kept = torch.from_numpy(np.isin(places, self.reference_))
        errors = held_out_errors(ensemble.standardised(rows), kept, self._densities(), seed)
        return agreed_corruption(-errors.numpy()[:, np.searchsorted(places, asked)])

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return the autoencoders' latent code of each row, the members' codes side by side.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, (n, K * d)
            The codes.
        """
        return self.autoencoder_.transform(self._encoded(X))

    def reconstruct(self, X: Any) -> NDArray[np.float64]:
        """Return what the autoencoders make of each row, in the units of X: the members' mean.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, shaped like X
            The reconstructions.
        """
        made = self.autoencoder_.reconstruct(self._encoded(X))
        shape = self.input_shape_
        row_shape = (1, *shape) if len(shape) == 2 else shape
        return self.modality_.decoded(made, row_shape, self.scaling_).reshape(-1, *shape)

    def _encoded(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.modality_.encoded(check_rows(self, X, fitting=False), self.scaling_)
