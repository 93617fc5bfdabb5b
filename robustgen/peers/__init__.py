"""Detectors of other libraries behind this project's contract: larger scores are more normal.

Nothing of PyOD or scikit-learn is imported before a peer is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustgen.peers.pyod import PyODPeer
    from robustgen.peers.sklearn import SklearnPeer

__all__ = ["PyODPeer", "SklearnPeer", "iforest", "knn", "pca"]


def iforest(*, random_state: int | None = None, **parameters: Any) -> PyODPeer:
    """Build PyOD's isolation forest.

    Parameters
    ----------
    random_state : int or None
        Seeds the trees.
    **parameters
        Those of ``pyod.models.iforest.IForest``, and ``scaling``.

    Returns
    -------
    PyODPeer
        The unfitted detector.

    Examples
    --------
    >>> iforest(n_estimators=50, random_state=0).detector.n_estimators
    50
    """
    return _peer("iforest", "IForest", parameters, random_state)


def knn(**parameters: Any) -> PyODPeer:
    """Build PyOD's distance to the k-th neighbour.

    Parameters
    ----------
    **parameters
        Those of ``pyod.models.knn.KNN``, and ``scaling``.

    Returns
    -------
    PyODPeer
        The unfitted detector.

    Examples
    --------
    >>> knn(n_neighbors=50).detector.n_neighbors
    50
    """
    return _peer("knn", "KNN", parameters)


def pca(*, random_state: int | None = None, **parameters: Any) -> PyODPeer:
    """Build PyOD's weighted distance from the principal axes.

    Parameters
    ----------
    random_state : int or None
        Seeds the randomised solver.
    **parameters
        Those of ``pyod.models.pca.PCA``, and ``scaling``.

    Returns
    -------
    PyODPeer
        The unfitted detector.

    Examples
    --------
    >>> pca(n_components=2).detector.n_components
    2
    """
    return _peer("pca", "PCA", parameters, random_state)


def _peer(module: str, name: str, parameters: dict[str, Any], random_state: int | None = None) -> PyODPeer:
    from importlib import import_module

    from robustgen.peers.pyod import PyODPeer

    own = {"scaling": parameters.pop("scaling")} if "scaling" in parameters else {}
    detector = getattr(import_module(f"pyod.models.{module}"), name)(**parameters)
    return PyODPeer(detector, random_state=random_state, **own)


def __getattr__(name: str) -> Any:
    if name == "PyODPeer":
        from robustgen.peers.pyod import PyODPeer

        return PyODPeer
    if name == "SklearnPeer":
        from robustgen.peers.sklearn import SklearnPeer

        return SklearnPeer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
