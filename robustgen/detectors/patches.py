"""Images compared place by place: a clean subset of patches, the nearest of which score, and heat maps."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from torch.nn import functional

from robustgen._checks import UsageError, suggest
from robustgen._rounding import whole_above
from robustgen._seeds import base_seed, seed_from, subsample
from robustgen._validation import check_rows
from robustgen.densities.agreement import distance_to_most
from robustgen.densities.neighbours import OtherNeighbours
from robustgen.descriptors.textures import texture_maps
from robustgen.detectors.answers import Neighbourhoods
from robustgen.detectors.base import Detector
from robustgen.detectors.parameters import check_contamination, check_share
from robustgen.objectives.errors import shared
from robustgen.training.scaling import fit_scaling

MOST_PATCHES = 10_000
"""The patches that a score is measured against."""

Features = Callable[[Tensor], Any]
"""Images (B, C, H, W) as float32 to vectors (B, D) or maps (B, D, h, w), a tensor or an array."""

_REGISTERED: dict[str, Features] = {"textures": texture_maps}


def register_features(name: str, features: Features) -> None:
    """Give features a name, so that a model file can tell which it was fitted with.

    Parameters
    ----------
    name : str
        What ``PatchDetector(features=name)`` stands for from now on, in this process: a program that loads a
        model registers the same function first.
    features : callable or torch.nn.Module
        See `PatchDetector`.

    Raises
    ------
    UsageError
        When the name is that of robustgen's own features, or no text, or what it shall name cannot be called.

    Examples
    --------
    >>> register_features("mean-colour", lambda images: images.mean((2, 3)))
    """
    if not isinstance(name, str) or name == "textures" or not callable(features):
        raise UsageError(
            f"got register_features({name!r:.40}, {type(features).__name__}), expected a text other than "
            "'textures' and a callable"
        )
    _REGISTERED[name] = features


class PatchDetector(Detector):
    r"""Images with defects: places that are unlike any place of most other images.

    1. **Features** make of an image a map of vectors, one for each patch, or one vector.
    2. **The clean subset** are the patches with the smallest distance to half of the other images
       (:func:`robustgen.densities.agreement.distance_to_most`): a defect that fewer than half of the training
       images have is not in it, while the faultless places of those images are.
    3. **A patch is scored** by its mean distance to its five nearest of that subset, and an image by its
       worst patch: :math:`-\max_p d(p)`. `score_map` shows the distances at the image's resolution.

    Parameters
    ----------
    features : str, callable or torch.nn.Module
        "textures" takes wavelets and colours (:func:`robustgen.descriptors.textures.texture_maps`), without
        pretrained weights. Anything else is called with float32 tensors (B, C, H, W) in the units of X, and
        returns vectors (B, D) or maps (B, D, h, w), as tensor or array; a module is called in evaluation mode
        and on its own device. A name is one of `register_features`.
    support_fraction : float in (0, 1]
        The share of the patches that is trusted.
    contamination : float in (0, 0.5] or "auto"
        The share of the training rows that ``predict`` marks; "auto" takes ``contamination_``. It
        moves the threshold, never the ranking.
    random_state : int, numpy.random.RandomState or None
        Seed of initialisation, shuffles and draws. The same integer gives the same scores to the
        last bit on one CPU.

    Attributes
    ----------
    model_ : robustgen.densities.neighbours.OtherNeighbours
        The trusted patches, 10,000 at most.
    clean_patches_ : ndarray of bool, (n, h, w)
        Which patches of the images that were learnt were trusted.
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
    training_scores_ : ndarray of float, (n,)
        ``score_samples`` of the training rows.
    row_type_ : {"vectors", "images", "signals", "clips", "text"}
        What the rows are.
    rate_ : int or None
        Points a second, where the training rows were :class:`robustgen.Signals` that had a rate.
    input_shape_ : tuple of int
        The shape of one row.
    n_features_in_ : int
        Entries of one row.

    References
    ----------
    Roth, Pemula, Zepeda, Scholkopf, Brox and Gehler, "Towards Total Recall in Industrial Anomaly Detection"
    (PatchCore), CVPR 2022, for the nearest patches; of many patches a random sample is kept here, not a
    coreset. Jiang et al., "SoftPatch: Unsupervised Anomaly Detection with Noisy Data", NeurIPS 2022, for
    removing patches and not images.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.random.default_rng(0).normal(size=(30, 16, 16))
    >>> images[:8, 4:10, 4:10] = 3
    >>> detector = PatchDetector(random_state=0).fit(images)
    >>> bool(detector.score_samples(images)[:8].max() < detector.score_samples(images)[8:].min())
    True
    >>> detector.score_map(images).shape
    (30, 16, 16)
    """

    n_members = 1

    def __init__(
        self,
        *,
        features: str | Features = "textures",
        support_fraction: float = 0.8,
        contamination: float | str = 0.1,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.features = features
        self.support_fraction = support_fraction
        self.contamination = contamination
        self.random_state = random_state

    def score_map(self, X: Any) -> NDArray[np.float64]:
        """Return how unlike the trusted patches each place of each image is.

        Parameters
        ----------
        X : array (n, H, W) or (n, C, H, W)
            Images shaped like the training images.

        Returns
        -------
        ndarray of float64, (n, H, W)
            The patches' distances, interpolated to the pixels; larger = more outlying.
        """
        check_is_fitted(self)
        checked = check_rows(self, X, fitting=False)
        maps = [self._at_pixels(self._patch_errors(x), x.shape[2:]) for x in self._blocks(checked)]
        return torch.cat(maps).double().numpy()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted detector to a file that :func:`robustgen.load` reads.

        Parameters
        ----------
        path : str or path-like
            The file; see :func:`robustgen.save`.

        Raises
        ------
        UsageError
            When the features are code without a name.
        """
        if not isinstance(self.features, str):
            raise UsageError(
                f"got features of type {type(self.features).__name__}, expected a name: a model file holds "
                "no code; call robustgen.detectors.patches.register_features(name, features), fit with "
                "features=name, and register them likewise where the file is loaded"
            )
        super().save(path)

    def _check_parameters(self) -> None:
        self._features()
        check_share("support_fraction", self.support_fraction)
        check_contamination(self.contamination)

    def _features(self) -> Features:
        if isinstance(self.features, str):
            if self.features not in _REGISTERED:
                hint = suggest(self.features, _REGISTERED) or f"; known are {', '.join(_REGISTERED)}"
                raise UsageError(
                    f"got features={self.features!r}, which nobody has registered here{hint}: call "
                    "robustgen.detectors.patches.register_features first"
                )
            return _REGISTERED[self.features]
        if not callable(self.features):
            raise UsageError(f"got features={self.features!r:.80}, expected a name, a callable or a module")
        return self.features

    def _learn(self, X: Any, judged: Neighbourhoods | None) -> None:
        if self.row_type_ != "images":
            raise UsageError(
                f"got rows of {self.row_type_}, expected images (n, H, W) or (n, C, H, W): "
                "RobustDetector takes other rows"
            )
        rows = X if judged is None else X[judged.remaining]
        seed = base_seed(self.random_state)
        self.scaling_ = fit_scaling(rows, "standard" if self.features == "textures" else None)
        maps = torch.cat([self._maps(x) for x in self._blocks(rows)])
        patches = maps.flatten(2).transpose(1, 2)
        suspicion = distance_to_most(patches, seed_from(seed, "reference"))
        n_trusted = max(2, whole_above(self.support_fraction * suspicion.numel()))
        trusted = suspicion <= suspicion.flatten().kthvalue(n_trusted).values
        self.clean_patches_ = trusted.view(len(maps), *maps.shape[2:]).numpy()
        clean = patches[trusted]
        self.model_ = OtherNeighbours(clean[subsample(len(clean), MOST_PATCHES, seed_from(seed, "patches"))])

    def _maps(self, x: Tensor) -> Tensor:
        """Return the features of images as maps (B, D, h, w) of float64."""
        with torch.no_grad():
            made = torch.as_tensor(_called(self._features(), x.float())).cpu().double()
        if made.ndim not in (2, 4) or len(made) != len(x) or not made.isfinite().all():
            raise UsageError(
                f"got features of shape {tuple(made.shape)} for {len(x)} images, expected finite vectors "
                "(B, D) or maps (B, D, h, w)"
            )
        return made[:, :, None, None] if made.ndim == 2 else made

    def _patch_errors(self, x: Tensor) -> Tensor:
        """Return the distance (B, h, w) of each patch to its nearest trusted ones."""
        maps = self._maps(x)
        errors = self.model_(maps.permute(0, 2, 3, 1).flatten(0, 2))
        return errors.view(len(maps), *maps.shape[2:])

    def _at_pixels(self, errors: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Interpolate maps (B, h, w) to images (B, H, W)."""
        return functional.interpolate(errors[:, None], shape, mode="bilinear", align_corners=False)[:, 0]

    def _placement(self) -> tuple[torch.device, torch.dtype]:
        return torch.device("cpu"), torch.float64

    def _row_errors(self, x: Tensor) -> Tensor:
        return self._patch_errors(x).flatten(1).amax(1)

    def _contributions(self, x: Tensor) -> Tensor:
        errors = self._patch_errors(x)
        parts = self._at_pixels(errors, x.shape[2:])[:, None].expand(x.shape)
        return shared(errors.flatten(1).amax(1)[None], parts[None])[0]

    def _in_single_precision(self) -> tuple[Detector, list[nn.Module]]:
        raise UsageError(
            "got a PatchDetector to export, expected a detector without features of its own: export the "
            "features, and score with model_"
        )


def _called(features: Features, images: Tensor) -> Any:
    """Call features; a module in evaluation mode and where its parameters are, and as it was afterwards."""
    if not isinstance(features, nn.Module):
        return features(images)
    parameter = next(features.parameters(), images)
    before = features.training
    try:
        return features.eval()(images.to(parameter.device))
    finally:
        features.train(before)
