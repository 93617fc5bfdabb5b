"""Clips frame by frame in latent space: a quantised detector of frames, and a prior over their code maps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from robustgen._checks import UsageError, check_count
from robustgen._declared import Clips
from robustgen._fitting import all_at_once
from robustgen._storable import storable
from robustgen._validation import check_rows
from robustgen.detectors.conditional import ConditionalDetector
from robustgen.detectors.generation import generators_for
from robustgen.detectors.prior import CodePrior
from robustgen.detectors.vqvae import VQVAE


@storable
class ClipGenerator(BaseEstimator):
    r"""Make clips, or go on with clips that have begun: frames are drawn as codes, by what has to happen.

    .. math:: p(c_1, \dots, c_T \mid y) = \prod_t p(c_t \mid c_1, \dots, c_{t - 1}, y)

    with :math:`c_t` the code map of frame t, which is encoded and decoded by itself, and y the label of the
    clip, such as the action in it. No pixel is looked at between the frames that are given and those that
    are made.

    Parameters
    ----------
    detector : VQVAE, SQVAE or None
        What learns the frames, as images, and says how the prior is trained; it is cloned. ``None`` takes
        ``VQVAE()``. The prior's layers are those of its ``nets``: with L of them, a code sees L + 2 rows of
        maps above its own, so that one must take as many as two frames have rows.

    Attributes
    ----------
    detector_ : VQVAE or SQVAE
        The detector of frames.
    prior_ : robustgen.detectors.prior.CodePrior
        The gated PixelCNN over the maps of a clip, one below the other.
    clip_shape_ : tuple of int
        (C, T, H, W).

    References
    ----------
    van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", NIPS 2017, section 4.4.

    Examples
    --------
    >>> from robustgen.data.moving_shapes import moving_shapes
    >>> clips, _ = moving_shapes(20, 0)
    >>> detector = VQVAE(quantisation={"n_codes": 8}, epochs=1, prior_epochs=1, random_state=0)
    >>> generator = ClipGenerator(detector).fit(clips)
    >>> generator.sample(2, given=clips[:2, :, :4], random_state=0).shape
    (2, 1, 10, 16, 16)
    """

    detector_: ConditionalDetector
    prior_: CodePrior
    clip_shape_: tuple[int, ...]

    def __init__(self, detector: ConditionalDetector | None = None) -> None:
        self.detector = detector

    @all_at_once
    def fit(self, X: Any, y: Any = None, *, labels: Any = None) -> ClipGenerator:
        """Learn the frames, and then how they follow each other.

        Parameters
        ----------
        X : array, (n, C, T, H, W) or (n, T, H, W)
            The clips.
        y : None
            Ignored.
        labels : array of int or None, (n,)
            A label 0, 1, ... of each clip, to condition on.

        Returns
        -------
        ClipGenerator
            The generator itself.

        Raises
        ------
        UsageError
            When the clips, the detector or the labels are not as they are to be.
        """
        if not isinstance(self.detector, ConditionalDetector | None):
            raise UsageError(f"got detector={self.detector!r}, expected a VQVAE or an SQVAE")
        clips = Clips(X)
        frames = frames_of(clips)
        self.detector_ = VQVAE() if self.detector is None else clone(self.detector)
        if labels is not None:
            self.detector_._checked_labels(labels, len(clips))
        self.detector_.fit(frames)
        self.clip_shape_ = clips.shape[1:]
        n_frames = self.clip_shape_[1]
        codes = self._codes(clips)
        self.prior_ = self.detector_._prior_over(codes, labels, (n_frames, *self.detector_.map_shape_))
        return self

    def _codes(self, clips: NDArray[Any]) -> Tensor:
        """Return the codes (K, n, t P) of clips of t frames, frame by frame."""
        indices = self.detector_._indices(check_rows(self.detector_, frames_of(clips), fitting=False))
        return indices.unflatten(1, (len(clips), -1)).flatten(2)

    def sample(
        self,
        n_samples: int = 1,
        *,
        labels: Any = None,
        given: Any = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ) -> NDArray[np.float64]:
        """Make clips, the members in turn.

        Parameters
        ----------
        n_samples : int
            How many.
        labels : array of int or None, (n_samples,)
            What to condition on, where ``fit`` was given labels.
        given : array or None, (n_samples, C, t, H, W) or (n_samples, t, H, W)
            The first t frames of each; the clips begin with what the codes make of them.
        random_state : int, numpy.random.RandomState, numpy.random.Generator or None
            Seed of the draws; ``None`` takes a fresh one.

        Returns
        -------
        ndarray of float64, (n_samples, C, T, H, W)
            In the units of X.

        Raises
        ------
        UsageError
            When labels are missing or too many, or the beginnings have other shapes.
        """
        check_is_fitted(self)
        check_count("n_samples", n_samples)
        generators = generators_for(self.detector_, random_state)
        members = len(generators)
        each = math.ceil(n_samples / members)
        told = self.detector_._sample_labels(self.prior_, labels, n_samples, each)
        begun = None if given is None else self._begun(given, n_samples, each, members)
        codes = self.prior_.sample(each, generators, told, begun)
        n_frames = self.clip_shape_[1]
        made = self.detector_._decoded(codes.unflatten(2, (n_frames, -1)).flatten(1, 2))
        clips = made.reshape(members, each, n_frames, *made.shape[2:]).swapaxes(0, 1)
        return clips.reshape(-1, *clips.shape[2:])[:n_samples].swapaxes(1, 2)

    def _begun(self, given: Any, n_samples: int, each: int, members: int) -> Tensor:
        """Return the codes (K, each, t P) of what each member goes on with: of every K-th clip."""
        clips = Clips(given)
        channels, n_frames, *sides = self.clip_shape_
        expected = (n_samples, channels, *sides)
        if (*clips.shape[:2], *clips.shape[3:]) != expected or clips.shape[2] >= n_frames:
            raise UsageError(
                f"got beginnings of shape {clips.shape}, expected {n_samples} of {channels} channels, "
                f"1 to {n_frames - 1} frames and {' x '.join(map(str, sides))} pixels"
            )
        order = np.arange(each * members).clip(max=n_samples - 1).reshape(each, members).T
        codes = self._codes(clips)
        return torch.stack([codes[k, order[k]] for k in range(members)])


def frames_of(clips: NDArray[Any]) -> NDArray[Any]:
    """Return the frames (n T, C, H, W) of clips (n, C, T, H, W) as plain images."""
    frames = np.asarray(clips).swapaxes(1, 2)
    return frames.reshape(-1, *frames.shape[2:])
