"""What PyOD's detectors need to run on any rows, all of it; nothing here changes what a method is.

Their randomness is the affair of `robustgen.peers.randomness`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svdvals

if TYPE_CHECKING:
    from pyod.models.deep_svdd import DeepSVDD

#: The largest deviation along an axis, as a share of the greatest, that is but rounding in single precision.
FLAT = 1e-6


def parameters_for(detector: Any, rows: NDArray[np.float64]) -> dict[str, Any]:
    """Return the parameters that PyOD leaves to the user although the rows decide them.

    * ``n_features`` (DeepSVDD) is the width of the rows.
    * ``batch_size`` and ``max_samples`` are at most the number of rows: AutoEncoder and VAE drop the
      last batch and have none left, DIF warns.
    * ``n_components`` of PCA, left open, is the number of axes with variance, for its score divides by
      the variance along each axis: without any that is infinite, or the rounding of a zero.
    * ``verbose`` is 0: a peer is silent.

    Parameters
    ----------
    detector
        An unfitted PyOD detector.
    rows
        What it will be fitted to, (n, d).
    """
    n, width = rows.shape
    given = detector.get_params(deep=False)
    wanted: dict[str, Any] = {"n_features": width, "verbose": 0}
    for name in ("batch_size", "max_samples"):
        if isinstance(given.get(name), int):
            wanted[name] = min(given[name], n)
    if type(detector).__name__ == "PCA" and given["n_components"] is None:
        wanted.update(_axes_with_variance(rows))
    return {name: value for name, value in wanted.items() if name in given}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to ourselves that DIF asks for pinned memory where there is no accelerator."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*pin_memory.*")
        yield


def deep_svdd(*, random_state: int | None = None, **parameters: Any) -> DeepSVDD:
    """Build PyOD's DeepSVDD without the width of the rows, which its peer learns from them.

    Parameters
    ----------
    random_state
        Seeds the net and its training.
    **parameters
        Those of ``pyod.models.deep_svdd.DeepSVDD``.

    Examples
    --------
    >>> deep_svdd(epochs=5, random_state=0).epochs
    5
    """
    from pyod.models.deep_svdd import DeepSVDD

    return DeepSVDD(n_features=1, random_state=random_state, **parameters)


def _axes_with_variance(rows: NDArray[np.float64]) -> dict[str, Any]:
    """Return the parameters of PCA that leave out the axes without variance, if there are any."""
    deviations = svdvals(rows - rows.mean(axis=0))
    rank = max(int(np.count_nonzero(deviations > FLAT * deviations[0])), 1)
    # The smallest axes weigh most in the score, and the other solvers are least exact there.
    return {"n_components": rank, "svd_solver": "full"} if rank < min(rows.shape) else {}
