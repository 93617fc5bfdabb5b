"""What labels mean: 0 and 1 mark inliers and outliers, anything else names classes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Labels(NamedTuple):
    """Labels as `robustgen.data.Dataset` takes them.

    Parameters
    ----------
    y : integers (n,)
        1 for an outlier and 0 for an inlier, or the index of the row's class.
    classes : tuple of str or None
        The names of the classes; None where `y` marks outliers.
    """

    y: NDArray[np.integer]
    classes: tuple[str, ...] | None


def read_labels(values: NDArray) -> Labels:
    """Say what labels mean.

    Parameters
    ----------
    values : array (n,)
        Booleans, numbers or text, without missing values.

    Returns
    -------
    Labels
        Outlier labels where the values are among 0 and 1 (False and True); otherwise classes, in
        the order of numbers or of the alphabet.

    Examples
    --------
    >>> read_labels(np.array([0, 1, 0])).classes
    >>> read_labels(np.array(["doll", "car"]))
    Labels(y=array([1, 0]), classes=('car', 'doll'))
    """
    found, index = np.unique(values, return_inverse=True)
    if set(found.tolist()) <= {0, 1}:
        return Labels(values.astype(np.uint8), None)
    return Labels(index, tuple(map(str, found)))
