"""RVQ-VAE."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen._checks import UsageError, require
from robustgen._seeds import subsample
from robustgen._sources import selected
from robustgen.densities.iterative_trimming import trim_iteratively
from robustgen.detectors.answers import Neighbourhoods
from robustgen.detectors.comparison import SAMPLE_ROWS, compared_rows
from robustgen.detectors.parameters import settings
from robustgen.detectors.quantisation import Quantisation
from robustgen.detectors.quantised import QuantisedDetector
from robustgen.inference.audit import Audit, InlierProbability, audit
from robustgen.inference.corruption import Corruption, counted_corruption
from robustgen.nets.quantizers.dual import DualQuantizer
from robustgen.objectives.codebooks.inlier_sets import (
    SURE,
    Anchors,
    SetRules,
    outlying,
    outlyingness,
    set_evidence,
)
from robustgen.objectives.codebooks.schedule import CodebookTraining
from robustgen.objectives.robust_quantisation import RobustVectorQuantisation
from robustgen.training import RobustTraining

REACH = 0.99
"""The share of the inlier set whose distances to the outlier codebook are the most that a score subtracts."""
ROUNDING = 1e-6
"""The largest range that is rounding, over the size of the numbers, which are of single precision."""


NEARLY_HALF = 0.48
"""From this share of outliers on, sets that nothing distinguishes may be each other's."""

LEAST_WARNED = 20
"""Of fewer rows any share is near one half by chance, and nobody is told."""


class RVQVAE(QuantisedDetector):
    r"""Vector-quantised autoencoder with a codebook for inliers and one for outliers.

    Every row is quantised by the codebook of its set, and the sets are updated before every
    epoch; encoder, decoder and both codebooks are trained jointly by

    .. math::
        \lVert x - D(z_q) \rVert^2 + \lVert \mathrm{sg}[z] - e \rVert^2
        + \beta \lVert z - \mathrm{sg}[e] \rVert^2 .

    Distances of codebook s are :math:`\sum_j w_j (u_j^\top (z - e))^2` with weights from the directional
    variances of its codes, see :class:`robustgen.nets.quantizers.dual.DualQuantizer`. Samples
    come from the inlier codebook and a prior on the inliers' codes alone.

    Parameters
    ----------
    quantisation : Quantisation, dict or None
        How many codes each codebook has, and how they are learnt; a dict gives what differs from
        ``Quantisation(n_codes=64)``.
    sets : SetRules, dict or None
        How rows come to be taken as outliers; a dict gives what differs from ``SetRules()``.
    codebook_training : bool, CodebookTraining, dict or None
        How the codebooks are kept in use, as :class:`robustgen.CodebookTraining`; ``None`` is the
        method's own, and a dict gives what differs from it. ``True`` is the robust training of Lancucki
        et al.: batch norm before the quantizer, ten times the learning rate, k-means++ seeds in the
        first epochs, revival of dead codes; ``False`` does none of it.
    scoring : {"codebooks", "contrast", "reconstruction", "sum", "likelihood"}
        Distance to the inlier codebook minus that to the outlier codebook; the mean squared
        error through the inlier codebook minus that through the outlier codebook; the former error
        alone; the sum of the first and the third, each over its spread in training;
        minus the log probability of the inlier codes under the prior. What is subtracted is at most
        what it is for 99 % of the rows of the inlier set: a row that is far from both codebooks is an
        outlier.
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
    support_ : ndarray of bool, (n,)
        The training rows taken as inliers: all but ``contamination_`` of them.
    inlier_weight_ : ndarray of float, (n,)
        The probability of each training row to be an inlier; see
        :class:`robustgen.inference.audit.InlierProbability`.
    contamination_ : float
        The estimated share of outliers among the training rows, in [0, 0.5].
    contamination_interval_ : tuple of float
        (lower, upper) around it, at 90 %.
    outlier_fraction_ : float
        The same as ``contamination_``.
    history_ : robustgen.training.History
        The terms of the objective by epoch and member.
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
    The audit is the method's own: ``support_`` are the rows of the inlier set, by the members' mean;
    ``inlier_weight_`` follows from what makes the sets; ``contamination_`` is the share of the other rows,
    and its interval the error of a share of n drawn rows, the sets being what they are. ``history_`` has
    "perplexity", "codes_used" and "outlier_share" among its terms. The codebooks' own training is batch norm
    alone, and the quantizer is always bypassed for the ``warmup_epochs`` of the sets.

    This is a **re-interpretation**: no code of the authors is public, the paper is reported
    withdrawn, and beyond its abstract the text could not be had. Two codebooks, sets updated
    in every epoch, weighted distances, joint training and generation from the inlier codebook
    are the abstract's. What was measured on MNIST and Fashion-MNIST, one seed and for the sets' rules 30 %
    outliers (``benchmarks/vq.py``, published as ``reports/vq``):

    * Of 2000 samples, 96 to 99 % were inliers on each of three pairs, where a plain VQ-VAE on the same
      rows gives 66 to 74 %. Where the inliers are of many kinds up to a fifth of them was taken for
      outliers, and samples lack them. Where outliers are simpler than inliers, as digits among
      garments, it held at 30 % only: at 10 % and 40 % most samples or a part of them were digits.
    * The start decides. Even one that is worse than chance (MNIST digits have smaller residuals than
      Fashion images) ended with 1 % of outliers among the inliers.
    * Of the sets' rules, "contrast" leaves half as many outliers among the inliers as "rank" after 60
      epochs, and as many after 16; "compare" leaves more, and its share may drift while encoder
      and codebooks adapt to each other.
    * Distances that are weighted along the axes lose fewer inliers than Euclidean ones.

    That study is of an earlier start, whose rounds had no margin and exchanged the sides whenever the
    outliers became the majority. Now rounds are made with a margin and without, and the sharper sides stay
    (:class:`robustgen.SetRules`). The sides are exchanged once at most, after the start, by rows that
    were judged normal, by the half of the rows that lies together where the sides are nearly even, or by
    their number; see :class:`robustgen.objectives.codebooks.inlier_sets.Anchors`. A warning says where sides
    of nearly one size are distinguished by nothing but their number. On five pairs of sets, one draw with 700
    inliers, the start loses 0 to 13 % of the inliers where one in ten rows is an outlier. It finds outliers
    that are of another kind than the inliers, digits among garments; of shoes among clothes or odd digits
    among even ones it leaves as many in the inlier set as there are (``reports/vq``).

    Our own choices, beyond the abstract: batch norm before the quantizer, which lets the axes have one
    scale (no report measures it alone); inverse variances with mean 1 as weights; means over a batch of
    squared errors that are means over entries; nets smaller than those of VQ-VAE; Adam with a step of
    1e-3; codebooks that start by k-means on the sets; the autoregressive prior.

    Scores are computed in double precision (but on mps), for images too: a position half-way between two
    codes would else take one or the other by rounding, which depends on the batch.

    References
    ----------
    Lai, Zou and Lerman, "Robust Vector Quantized-Variational Autoencoder", 2022,
    https://arxiv.org/abs/2202.01987.

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen import RVQVAE
    >>> rng = np.random.default_rng(0)
    >>> X = np.outer(rng.normal(size=200), [1.0, 2.0, 3.0])
    >>> X[:20] = rng.normal(size=(20, 3)) * 5
    >>> few = {"quantisation": {"n_codes": 16}, "sets": {"outlier_share": 0.1}}
    >>> detector = RVQVAE(**few, epochs=20, random_state=0).fit(X)
    >>> bool(detector.decision_function(X[:20]).mean() < detector.decision_function(X[20:]).mean())
    True
    >>> detector.support_.shape
    (200,)
    """

    _SCORINGS = ("codebooks", "contrast", "reconstruction", "sum", "likelihood")
    _USUAL_TRAINING = CodebookTraining(batch_norm=True)

    def __init__(
        self,
        *,
        quantisation: Quantisation | dict[str, Any] | None = None,
        sets: SetRules | dict[str, Any] | None = None,
        codebook_training: bool | CodebookTraining | dict[str, Any] | None = None,
        scoring: str = "sum",
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (64, 32),
        scaling: str | None = "auto",
        epochs: int | None = 60,
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
        self.sets = sets
        self.codebook_training = codebook_training
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

    def _check_own_parameters(self) -> None:
        super()._check_own_parameters()
        self._rules()
        quantizer = self._code_map().quantizer
        require(quantizer == "nearest", f"quantizer={quantizer!r}", "'nearest': RVQVAE has its own")

    def _code_map(self) -> Quantisation:
        return settings("quantisation", self.quantisation, Quantisation(n_codes=64))

    def _n_indices(self) -> int:
        return self._code_map().n_codes * self._code_map().n_slices  # the inliers' alone

    def _rules(self) -> SetRules:
        return settings("sets", self.sets, SetRules())

    def _asked_schedule(self) -> CodebookTraining:
        return replace(super()._asked_schedule(), bypass_epochs=self._rules().warmup_epochs)

    def _build_quantizer(self, code_dim: int) -> DualQuantizer:
        codes, rules = self._code_map(), self._rules()
        return DualQuantizer(
            codes.n_codes,
            code_dim,
            updates=codes.updates,
            directions=rules.directions,
            n_slices=codes.n_slices,
        )

    def _build_objective(self) -> RobustVectorQuantisation:
        schedule = self._schedule()
        rules = replace(self._rules(), warmup_epochs=schedule.bypass_epochs)
        return RobustVectorQuantisation(self._code_map().beta, rules, schedule, self._anchors)

    def _learn(self, X: Any, judged: Neighbourhoods | None) -> None:
        if hasattr(self, "net_") and self._learner is None:
            raise UsageError("got rows of a stream for an RVQVAE from a file, which has no sets: fit it anew")
        rows = X if judged is None else selected(X, judged.remaining)
        self._anchors = anchors_of(rows, np.zeros(0, dtype=int) if judged is None else judged.trusted)
        super()._learn(X, judged)
        del self._anchors  # what was learnt needs it no more

    def _prior_rows(self, X: Any) -> NDArray[np.bool_]:
        """Mark the inliers, and remember how far the parts of the score spread over them."""
        evidence = self._evidence(X)
        marked = self._outlying(evidence)
        self._warn_of_even_sides(marked)
        kept = evidence[~marked]
        self._reach = tuple(np.quantile(kept[:, [1, 3]].numpy(), REACH, axis=0, method="lower").tolist())
        margins, errors = kept[:, 0] - kept[:, 1].clamp(max=self._reach[0]), kept[:, 2]
        size = float(kept[:, :2].abs().median())
        self._spreads = _spread(margins, size), _spread(errors, float(errors.abs().median()))
        self.outlier_fraction_ = float(marked.double().mean())
        return ~marked.numpy()

    def _warn_of_even_sides(self, marked: Tensor) -> None:
        """Say where two sides of nearly one size are distinguished by nothing but it."""
        share, anchors = float(marked.float().mean()), self._anchors
        if (
            len(marked) >= LEAST_WARNED
            and share > NEARLY_HALF
            and not len(anchors.trusted)
            and anchors.evidence(marked[None]).abs() <= SURE
        ):
            warnings.warn(
                f"RVQVAE parted the rows into {1 - share:.0%} and {share:.0%}, and nothing but their number "
                "tells which are the inliers: judge some rows, fit(X, Answers(normal=[...], outliers=[...]))",
                UserWarning,
                stacklevel=2,
            )

    def _audit(self, X: Any, scores: NDArray[np.float64], answered: Corruption | None) -> Audit:
        """Tell the inliers by the sets, and how surely by what makes them."""
        evidence = self._evidence(X)
        inlierness = -outlyingness(evidence, self._rules().membership).numpy()
        if answered is not None and answered.share > 0:  # the sets are of the rows that were learnt
            return audit(inlierness, answered)
        outliers = self._outlying(evidence).numpy()
        share = counted_corruption(int(outliers.sum()), len(outliers))
        return Audit(~outliers, InlierProbability(inlierness)(inlierness), share)

    def _evidence(self, X: Any) -> Tensor:
        """Return what tells the sets of the training rows, (n, 4) on the CPU: the members' mean."""
        return torch.cat([set_evidence(self.net_, x).mean(0) for x in self._member_blocks(X)]).cpu().double()

    def _outlying(self, evidence: Tensor) -> Tensor:
        """Mark the outliers (n,) among the training rows, as many as in the last epoch."""
        share = evidence.new_tensor([[self.history_.latest["outlier_share"]]])
        return outlying(evidence[None], self._rules().membership, share)[0]

    def _errors(self, x: Tensor) -> Tensor:
        if self.scoring in ("likelihood", "reconstruction"):
            return super()._errors(x)
        inlier, outlier, error, other_error = set_evidence(self.net_, x).unbind(-1)
        outlier, other_error = outlier.clamp(max=self._reach[0]), other_error.clamp(max=self._reach[1])
        if self.scoring == "codebooks":
            return inlier - outlier
        if self.scoring == "contrast":
            return error - other_error
        margin_spread, error_spread = self._spreads
        return (inlier - outlier) / margin_spread + error / error_spread


def anchors_of(X: Any, trusted: NDArray[np.intp]) -> Anchors:
    """Return the half of the rows that lies together, and rows that are known to be normal.

    The half is that of :func:`robustgen.densities.iterative_trimming.trim_iteratively`, among 4096 rows at
    most.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix
        Checked rows.
    trusted : ndarray of int, (q,)
        The places of rows that were judged normal.
    """
    places = subsample(X.shape[0], SAMPLE_ROWS, 0)
    errors = trim_iteratively(torch.from_numpy(np.asarray(compared_rows(X[places]), dtype=float)), 0.5)
    core = torch.from_numpy(errors <= np.median(errors))
    return Anchors(torch.from_numpy(places), core, torch.from_numpy(trusted.astype(np.int64)))


def _spread(values: Tensor, size: float) -> float:
    """Return the interquartile range, or 1 where it is but rounding of numbers of some size."""
    lower, upper = np.quantile(values.numpy(), (0.25, 0.75))  # torch's takes no more than 2^24 values
    return float(upper - lower) if upper - lower > ROUNDING * size else 1.0
