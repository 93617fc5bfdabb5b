"""PyOD's detectors. Here a sign is flipped; :mod:`robustgen.peers.as_pyod` flips it back; nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen.peers import workarounds
from robustgen.peers.base import Peer


class PyODPeer(Peer):
    """A PyOD detector that scores as scikit-learn does: larger = more normal.

    PyOD scores outlyingness s and flags s > ``threshold_``; here the score is -s and the
    offset -``threshold_``, so that the same rows are flagged. What else PyOD's detectors need is in
    `robustgen.peers.workarounds`.

    Parameters
    ----------
    detector : pyod.models.base.BaseDetector
        An unfitted PyOD detector; it is cloned at `fit`, never fitted itself.
    scaling : {"auto", "standard", "robust"} or None
        How columns are scaled, by the training rows; None leaves them, "auto" leaves bags of words.
    random_state : int or None
        Given to the clone where its constructor takes one; None leaves its own.

    Attributes
    ----------
    detector_ : pyod.models.base.BaseDetector
        The fitted clone.
    offset_ : float
        The score below which a row is called an outlier.

    Examples
    --------
    >>> import numpy as np
    >>> from pyod.models.knn import KNN
    >>> X = np.append(np.random.default_rng(0).normal(size=(60, 2)), [[9.0, 9.0]], axis=0)
    >>> peer = PyODPeer(KNN()).fit(X)
    >>> int(peer.score_samples(X).argmin()), int(peer.predict(X)[-1])
    (60, -1)
    """

    turns_signs = True  # of what it holds

    def _parameters_for(self, scaled: NDArray[np.float64]) -> dict[str, Any]:
        return workarounds.parameters_for(self.detector, scaled)

    def _fitted(self, detector: Any, scaled: NDArray[np.float64]) -> Any:
        with workarounds.quiet():
            return detector.fit(scaled)

    def _score(self, scaled: NDArray[np.float64]) -> NDArray:
        with workarounds.quiet():
            return -self.detector_.decision_function(scaled)

    def _offset(self) -> float:
        return -float(self.detector_.threshold_)
