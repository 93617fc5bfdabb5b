"""The default: screeners of several kinds find a clean subset, different models fitted to it score."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from robustgen._checks import UsageError
from robustgen._seeds import base_seed, seed_from, subsample
from robustgen._sources import RowSource, selected
from robustgen._validation import check_rows
from robustgen.densities.clean_subset import least_suspected
from robustgen.densities.cosine import CosineModel
from robustgen.densities.duplicates import distinct
from robustgen.densities.ensemble import (
    BLOCK_ROWS,
    MODELS,
    MODELS_OF_ALL,
    MODELS_OF_LONELY,
    Ensemble,
    errors_of,
    fit_score_normalisation,
    standardisation,
)
from robustgen.densities.held_out import held_out_errors
from robustgen.densities.joint import JointEnsemble
from robustgen.descriptors.description import Description
from robustgen.detectors.answers import Neighbourhoods
from robustgen.detectors.autoencoder import Autoencoder
from robustgen.detectors.base import Detector
from robustgen.detectors.likeness import Likeness, fit_likeness
from robustgen.detectors.parameters import check_choices, check_contamination, check_share
from robustgen.detectors.robust.modality import Choice, Modality, Vectors, modality_for
from robustgen.detectors.robust.screening import CHOOSABLE, SCREENERS, Screening
from robustgen.inference.audit import Audit, audit, finite_scores
from robustgen.inference.corruption import Corruption, agreed_corruption, widened
from robustgen.objectives.errors import shared
from robustgen.training import History, RobustTraining
from robustgen.training.scaling import fit_scaling

ANSWERED_SUPPORT = 0.95
"""The share of the rows that is trusted where a person's answers have set outliers aside."""
LARGEST_LOGARITHM = 700.0  # its exponential is a float yet
OF_AUTOENCODERS = {
    *("latent_dim", "hidden_dims", "epochs", "batch_size", "learning_rate"),
    *("n_members", "robust", "training", "device", "verbose"),
}
"""The parameters that all autoencoders share."""


class RobustDetector(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Detector):
    r"""The detector to take where nothing is known of the corruption.

    It asks which rows can be trusted before it asks which are outliers:

    1. **Screeners** of different kinds rank the rows by how suspect they are: robustly trained autoencoders
       on columns scaled by median and quartiles, which see the columns together and are hard to mislead by a
       dense group, and the tails of single columns (:class:`robustgen.densities.columns.ColumnTails`). The
       ``support_fraction`` of the rows whose mean rank is lowest is the *clean subset*
       (:func:`robustgen.densities.clean_subset.least_suspected`).
    2. **Models** of different kinds score: of the clean subset a shrunk Gaussian and the five nearest
       neighbours, of all rows histograms of the columns and the autoencoders. Each is measured by the
       training rows' errors (:class:`robustgen.densities.ensemble.ScoreNormalisation`); the score is minus
       their mean, 0 for a row that all of them find as good as the median training row.
    3. Where suspect rows stand **alone** rather than clump (:func:`robustgen.densities.clumping.loneliness`),
       a Gaussian and the neighbours of *all* rows join the mean with that weight: they know more rows, and
       outliers without company of their own kind mislead them little.
    4. In **wide** tables, of 100 columns or more (embeddings, spectra), half of the rows are few: a shrunk
       Gaussian of the clean subset and of all suspects that do not clump
       (:func:`robustgen.densities.clumping.with_lonely`) counts as much as four other models. Tables in which
       a value is held by half of the rows in more than four fifths of the columns, as of indicators, are none
       of these.
    5. Where a person judged some rows (``y`` of ``fit``), those that go with an outlier are not learnt from,
       and the score loses how much more a row is like a judged outlier than like one that was judged normal,
       from -1 to 1 (:class:`robustgen.detectors.likeness.Likeness`).

    That is for vectors. **Images** are compared by what they look like, as one vector of pixels, edges and
    textures (:class:`robustgen.detectors.robust.modality.Images`): one screener finds the half of them that
    lies together, and the nearest of these score. **Signals** are described by their values, spectrum and
    statistics, each of which is screened and scored
    (:class:`robustgen.detectors.robust.modality.Signals`), **clips** likewise by their spectrum and
    motion (:class:`robustgen.detectors.robust.modality.Clips`). **Text**, bags of words (counts or TF-IDF),
    are directions, and are compared by their cosines (:class:`robustgen.detectors.robust.modality.Text`).
    Where screeners or models are chosen, texts are vectors like others.

    The autoencoders learn all rows where they screen or score. Where they do neither, as for images and text,
    they learn the clean subset, which needs no robust training, and do no more than ``transform`` and
    ``reconstruct``.

    Parameters
    ----------
    screeners : tuple of {"autoencoder", "forest", "covariance", "tails", "trimming"} or None
        The screeners; ``None`` takes the autoencoders and the tails for vectors, "trimming" for
        images, signals and clips. "forest" is an isolation forest, "covariance" the smallest covariance
        (:func:`robustgen.densities.covariance.least_covariance`).
    support_fraction : float in (0, 1]
        The share of the rows that is trusted; of those that a person's answers leave (``y`` of ``fit``) it
        is 95 %.
    models : tuple of str or None
        The models, some of "gaussian", "neighbours" and "mixture" of the clean subset, and "histograms",
        "autoencoder", "all_gaussian" and "all_neighbours" of all rows, the last two weighted, and
        "lonely_gaussian" of the rows that do not clump; ``None`` takes all but the mixture for wide tables,
        and all but these two for other vectors, "neighbours" for images, these and "gaussian" for signals and
        clips.
    latent_dim : int or None
        d, the width of the bottleneck. ``None`` takes a third of the columns, at least 2 and at
        most 10; 10 for all but vectors.
    hidden_dims : tuple of int
        Widths of the encoder's hidden layers, mirrored in the decoder. Of images they see thumbnails of
        at most 32 x 32 pixels, of clips at most 16 cells along each axis; text takes none.
    epochs : int or None
        Passes of the autoencoders over the rows; ``None`` makes as many as give the ``steps`` of
        ``training``.
    batch_size : int or "auto"
        Rows per training step; "auto" takes 128, and more from 16,385 rows on, as
        :class:`robustgen.training.TrainingConfig` says.
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
        Further settings of :class:`robustgen.training.TrainingConfig`: ``steps``,
        ``clip_norm``, ``patience``, ``min_improvement``, ``precision``.
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
    ensemble_ : Ensemble, JointEnsemble or CosineModel, of robustgen.densities
        The models of the rows that were kept.
    reference_ : ndarray of int, (R,)
        Where those rows stand in the training set. Of a large one a sample is learnt, by the autoencoders
        too: 5,000 rows, or fewer where they have more than 1,600 entries; 10,000 images, or fewer where they
        are large; 4,096 texts. Of the rows of a table 500 at most are neighbours of others.
    likeness_ : robustgen.detectors.likeness.Likeness or None
        What the rows that a person judged say of rows like them; ``None`` without answers of both kinds.
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
        model scores, it is estimated from :math:`e^{|g|} - 1`, g its grade: an error again. Of text it is too
        low, most often 0: outliers have little in common with the clean subset, and so have many inliers; no
        tail of the errors distinguishes them.
    contamination_interval_ : tuple of float
        (lower, upper) around it, at 90 %: from what all models, those of all rows too, set apart by far
        to what any of them does at all; of signals and clips also to what the models of a single description
        do (:func:`robustgen.inference.corruption.widened`). Outliers of real tables are seldom far from all
        models: where the interval is wide, the share is a guess (``reports/robust-halves``).
    latent_dim_ : int
        The width of the bottleneck.
    autoencoder_ : robustgen.Autoencoder
        The first autoencoders, which ``transform`` and ``reconstruct``.
    row_type_ : {"vectors", "images", "signals", "clips", "text"}
        What the rows are.
    rate_ : int or None
        Points a second, where the training rows were :class:`robustgen.Signals` that had a rate.
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
    Estimator", Technometrics 41 (1999), for models of a trusted half.

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen import RobustDetector
    >>> rng = np.random.default_rng(0)
    >>> inliers, clump = rng.normal(size=(140, 5)), 4 + 0.1 * rng.normal(size=(60, 5))
    >>> detector = RobustDetector(random_state=0).fit(np.vstack([inliers, clump]))
    >>> bool(detector.score_samples(clump).max() < np.median(detector.score_samples(inliers)))
    True
    """

    modality_: Modality
    choice_: Choice
    ensemble_: Ensemble | JointEnsemble | CosineModel
    autoencoder_: Autoencoder
    reference_: NDArray[np.intp]
    likeness_: Likeness | None

    def __init__(
        self,
        *,
        screeners: tuple[str, ...] | None = None,
        support_fraction: float = 0.5,
        models: tuple[str, ...] | None = None,
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (64, 32),
        epochs: int | None = 30,
        batch_size: int | str = 128,
        learning_rate: float = 1e-3,
        contamination: float | str = 0.1,
        n_members: int = 4,
        robust: bool | RobustTraining = True,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.screeners = screeners
        self.support_fraction = support_fraction
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
        check_share("support_fraction", self.support_fraction)
        chosen = self._chosen(Vectors.usual)
        check_choices("screeners", chosen.screeners, CHOOSABLE)
        check_choices("models", chosen.models, ("autoencoder", *MODELS, *MODELS_OF_ALL, *MODELS_OF_LONELY))
        check_contamination(self.contamination)
        Autoencoder(**self._shared())._check_parameters()

    def _chosen(self, usual: Choice) -> Choice:
        """Return the user's choice of parts, the usual ones where it is left open."""
        return Choice(
            usual.screeners if self.screeners is None else self.screeners,
            usual.models if self.models is None else self.models,
        )

    def _shared(self) -> dict[str, Any]:
        return {"loss": "l21"} | {name: getattr(self, name) for name in OF_AUTOENCODERS}

    def _learn(self, X: Any, judged: Neighbourhoods | None) -> None:
        self._seed = base_seed(self.random_state)
        chosen = self.screeners is not None or self.models is not None
        as_vectors = chosen and self.row_type_ == "text"
        self.modality_ = modality_for("vectors" if as_vectors else self.row_type_, X)
        self.choice_ = self._chosen(self.modality_.usual)
        rows = X if judged is None else selected(X, judged.remaining)
        self._support_fraction = self.support_fraction if judged is None else ANSWERED_SUPPORT
        self.scaling_ = fit_scaling(rows, self.modality_.scaling)
        self._fit_models(rows)
        self.likeness_ = None
        if judged is not None:
            self.reference_ = np.flatnonzero(judged.remaining)[self.reference_]
            self.likeness_ = fit_likeness(X, judged)

    def _fit_models(self, X: Any) -> None:
        """Screen the rows, fit the models to those that can be trusted, and the autoencoders."""
        counted = distinct(X, self.modality_.copies)
        most = self.modality_.most_screened(X.shape[1:])
        learnt = counted[subsample(len(counted), most, seed_from(self._seed, "sample"))]
        in_memory = len(learnt) == X.shape[0] and not isinstance(X, RowSource)
        rows = X if in_memory else X[learnt]
        encoded = self.modality_.encoded(rows, self.scaling_)
        self.autoencoder_ = self.modality_.autoencoder(random_state=self._seed, **self._shared())
        asked = "autoencoder" in (*self.choice_.screeners, *self.choice_.models)
        if asked:
            self.autoencoder_.fit(encoded)
        clean = self._select(rows)
        if not asked:  # rows that can be trusted need no robust training
            self.autoencoder_.set_params(robust=False).fit(encoded[clean])
        self.reference_ = learnt[clean]

    def _select(self, X: Any) -> NDArray[np.bool_]:
        """Find the clean subset of the rows to learn from, fit the models, and return that subset, (m,)."""
        seed, choice = self._seed, self.choice_
        rows = self.modality_.learn(X, np.arange(X.shape[0]), self.scaling_)
        screenings = [
            Screening(part, self._support_fraction, seed, self.autoencoder_)
            for part in self.modality_.screened(rows)
        ]
        suspicions = [SCREENERS[name](screening) for screening in screenings for name in choice.screeners]
        clean = least_suspected(suspicions, self._support_fraction)
        self.ensemble_ = self.modality_.fit_models(rows, clean, self._densities(), seed)
        if "autoencoder" in choice.models:
            errors = torch.from_numpy(-self.autoencoder_.training_scores_)
            self._autoencoder_normalisation = fit_score_normalisation(errors)
        return clean.numpy()

    def _densities(self) -> list[str]:
        """Return the models that were taken, but for the autoencoders."""
        return [name for name in self.choice_.models if name != "autoencoder"]

    def _models_of_clean_rows(self) -> list[str]:
        return [name for name in self._densities() if name in MODELS]

    def _placement(self) -> tuple[torch.device, torch.dtype]:
        return self.autoencoder_._placement()

    def _in_single_precision(self) -> tuple[Detector, list[nn.Module]]:
        other = copy.copy(self)
        single, nets = self.autoencoder_._in_single_precision()
        other.autoencoder_ = cast(Autoencoder, single)
        return other, nets

    def _score_unit(self) -> float:
        return 1.0  # that of normalised errors

    def _row_errors(self, x: Tensor) -> Tensor:
        errors = self.ensemble_(self.modality_.compared(x))
        if "autoencoder" in self.choice_.models:
            errors = torch.cat([errors, self._autoencoder_errors(x)[None]])
        return self._joined(errors, x)

    def _joined(self, errors: Tensor, x: Tensor) -> Tensor:
        """Return the weighted mean (B,) of the models' normalised errors (M, B), and what answers add."""
        weights = [*self.ensemble_.weights, *[1.0] * ("autoencoder" in self.choice_.models)]
        shares = errors.new_tensor(weights) / sum(weights)
        joined = (shares[:, None] * errors).sum(0)
        if self.likeness_ is None:
            return joined
        return joined + self.likeness_(self.scaling_.invert(x.cpu().double())).to(joined)

    def _autoencoder_errors(self, x: Tensor) -> Tensor:
        rows = self.modality_.encoded_rows(x.cpu().double(), self.scaling_)
        scaled = self.autoencoder_.scaling_.apply(rows).to(*self._placement())
        return self._autoencoder_normalisation(self.autoencoder_._row_errors(scaled))

    def _contributions(self, x: Tensor) -> Tensor:
        parts = self.modality_.parts(self._row_errors, x)
        return shared(self._row_errors(x)[None], parts[None])[0]

    def _audit(self, X: Any, scores: NDArray[np.float64], answered: Corruption | None) -> Audit:
        errors = _not_compressed(torch.from_numpy(scores)).numpy()
        names = self._models_of_clean_rows()
        if answered is not None or len(names) < 2:
            return audit(errors, answered)
        return audit(errors, self._agreed_share(X, names))

    def _agreed_share(self, X: Any, names: Sequence[str]) -> Corruption:
        """Ask models of clean rows that have not seen a row, and whether models of all rows doubt it."""
        most = self.modality_.most_screened(X.shape[1:])
        asked = subsample(X.shape[0], most, seed_from(self._seed, "sample"))
        blocks = [x.cpu().double() for x in self._blocks(X[asked])]
        rows = torch.cat([self.modality_.compared(x) for x in blocks])
        clean = torch.from_numpy(np.isin(asked, self.reference_))
        errors = self._held_out_errors(rows, clean, names)
        of_all = cast(Ensemble | JointEnsemble, self.ensemble_).part(
            [name not in MODELS for name in self._densities()]
        )
        others = [torch.cat([of_all(block) for block in rows.split(BLOCK_ROWS)], dim=1)]
        if "autoencoder" in self.choice_.models:
            others.append(torch.cat([self._autoencoder_errors(x) for x in blocks])[None])
        agreed = agreed_corruption(-errors.numpy(), -_not_compressed(torch.cat(others)).numpy())
        described = (self._held_out_errors(part, clean, names) for part in self._descriptions(rows))
        return widened(agreed, [-part.numpy() for part in described])

    def held_out_scores(self, X: Any) -> NDArray[np.float64]:
        r"""Return the scores of the training rows by models of clean rows that have not seen them.

        The Gaussian and the neighbours are fitted to either half of the clean subset, and a row is scored by
        that of the half without it (:func:`robustgen.densities.held_out.held_out_errors`). Screeners and the
        models of all rows are those of ``score_samples``. As they treat all rows alike, and the halves are
        drawn, the scores of inliers are exchangeable: so they may be ranked for p-values
        (:func:`robustgen.inference.conformal.conformal_p_values_among`) as scores out of folds are, for which
        all would be fitted anew in each fold.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            The rows that the detector was fitted to, vectors.

        Returns
        -------
        ndarray of float64, (n,)
            Larger = more normal, in the unit of ``score_samples``.

        Raises
        ------
        UsageError
            When these are not as many rows as it was fitted to, or no vectors.
        """
        check_is_fitted(self)
        checked = check_rows(self, X, fitting=False)
        if not self.holds_out or checked.shape[0] != len(self.training_scores_):
            raise UsageError(
                f"got {checked.shape[0]} rows of {self.row_type_}, expected the {len(self.training_scores_)} "
                "training rows, vectors"
            )
        rows = torch.cat([x.cpu().double() for x in self._blocks(checked)])
        clean = torch.zeros(len(rows), dtype=torch.bool)
        clean[self.reference_] = True
        names = self._models_of_clean_rows()
        held_out = dict(zip(names, self._held_out_errors(rows, clean, names), strict=True))
        ensemble = cast(Ensemble, self.ensemble_)
        errors = [
            fit_score_normalisation(held_out[name])(held_out[name])
            if name in MODELS
            else errors_of(member, rows)
            for name, member in zip(self._densities(), ensemble.members, strict=True)
        ]
        if "autoencoder" in self.choice_.models:
            errors.append(errors_of(self._autoencoder_errors, rows))
        return finite_scores(-self._joined(torch.stack(errors), rows).numpy())

    @property
    def holds_out(self) -> bool:
        """Whether the fitted detector has :meth:`held_out_scores`: where rows are vectors."""
        return isinstance(self.modality_, Vectors) and bool(self._models_of_clean_rows())

    def _descriptions(self, rows: Tensor) -> Sequence[Tensor]:
        """Return each description of rows where there are several, for what is odd in one of them only."""
        several = self.modality_.screened(rows)
        return several if len(several) > 1 else ()

    def _held_out_errors(self, rows: Tensor, clean: Tensor, names: Sequence[str]) -> Tensor:
        center, scale = standardisation(rows[clean])
        return held_out_errors((rows - center) / scale, clean, names, self._seed)

    @property
    def partial_fit(self) -> Any:
        """Nothing: which rows can be trusted is asked of all of them at once."""
        raise AttributeError(
            "RobustDetector has no partial_fit, as it asks of all rows at once which can be trusted: fit it "
            "anew on a sample of the recent ones, or take a detector of one net: Autoencoder(robust=True)"
        )

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
        decoded = self.modality_.decoded(made, self._row_shape(), self.scaling_)
        return decoded.reshape(-1, *self.input_shape_)

    def _encoded(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.modality_.encoded(check_rows(self, X, fitting=False), self.scaling_)


def _not_compressed(normalised: Tensor) -> Tensor:
    """Undo the logarithm of normalised errors: it draws in the very tail by which outliers are counted."""
    return normalised.sign() * normalised.abs().clamp_max(LARGEST_LOGARITHM).expm1()
