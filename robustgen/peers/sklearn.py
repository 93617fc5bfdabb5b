"""scikit-learn's own outlier detectors, given what they do not take themselves: images, scaling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen.peers.base import Peer


class SklearnPeer(Peer):
    """A scikit-learn outlier detector fed with scaled vectors; its sign is already ours.

    Parameters
    ----------
    detector : estimator
        An unfitted detector with ``score_samples`` and ``offset_``; cloned at `fit`.
    scaling : {"auto", "standard", "robust"} or None
        How columns are scaled, by the training rows; None leaves them, "auto" leaves bags of words.
    random_state : int or None
        Given to the clone where its constructor takes one; None leaves its own.

    Attributes
    ----------
    detector_ : estimator
        The fitted clone.
    offset_ : float
        The score below which a row is called an outlier.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import LocalOutlierFactor
    >>> images = np.random.default_rng(0).normal(size=(60, 4, 4))
    >>> SklearnPeer(LocalOutlierFactor(novelty=True)).fit(images).score_samples(images).shape
    (60,)
    """

    def _parameters_for(self, scaled: NDArray[np.float64]) -> dict[str, Any]:
        return {}

    def _fitted(self, detector: Any, scaled: NDArray[np.float64]) -> Any:
        return detector.fit(scaled)

    def _score(self, scaled: NDArray[np.float64]) -> NDArray:
        return self.detector_.score_samples(scaled)

    def _offset(self) -> float:
        return float(np.asarray(self.detector_.offset_).item())  # OneClassSVM keeps it as an array
