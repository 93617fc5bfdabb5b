"""The border: what comes in as signals is checked here, once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import validate_data

from robustgen._checks import UsageError


def check_signals(estimator: Any, X: Any, *, fitting: bool, complex_allowed: bool) -> NDArray[Any]:
    """Return X as an array of finite numbers, (n, d), (n, H, W) or (n, C, H, W), its precision kept.

    Parameters
    ----------
    estimator : sklearn.base.BaseEstimator
        Who asks. In a fit it learns ``n_features_in_`` (the entries of one row),
        ``feature_names_in_`` and ``input_shape_``, the shape of one row.
    X : array or DataFrame
        Real, or complex where that is allowed. Integers become float64.
    fitting : bool
        Whether the estimator learns from X.
    complex_allowed : bool
        Whether complex numbers are.

    Raises
    ------
    ValueError
        When X holds text, NaN or infinity, is empty, or does not look like the training rows.
    """
    values = np.asarray(None if sparse.issparse(X) else X)
    images = values.ndim > 2
    if complex_allowed and np.iscomplexobj(values):
        checked = _complex_numbers(estimator, X, images, fitting)
    else:
        checked = validate_data(
            estimator,
            X,
            reset=fitting,
            dtype=(np.float64, np.float32),
            allow_nd=images,
            ensure_2d=not images and not _fitted_on_images(estimator, fitting),
        )
    _check_shape(estimator, checked.shape[1:], fitting)
    return checked


def _complex_numbers(estimator: Any, X: Any, images: bool, fitting: bool) -> NDArray[Any]:
    """scikit-learn's checks refuse complex numbers: keep what it learns of names, and check the rest."""
    checked = np.asarray(X)
    if checked.ndim < 2 or checked.size == 0:
        raise UsageError(f"got an array of shape {checked.shape}, expected rows (n, d), n and d 1 or more")
    of_vectors = not images and not _fitted_on_images(estimator, fitting)
    validate_data(estimator, X, reset=fitting, skip_check_array=True, ensure_2d=of_vectors)
    if not np.isfinite(checked).all():
        row = np.argwhere(~np.isfinite(checked))[0][0]
        raise UsageError(
            f"X holds NaN or infinity in row {row}; {type(estimator).__name__} needs finite numbers"
        )
    return checked


def _fitted_on_images(estimator: Any, fitting: bool) -> bool:
    # scikit-learn counts the features of vectors only; ours are counted by the row's shape.
    return not fitting and len(estimator.input_shape_) > 1


def _check_shape(estimator: Any, shape: tuple[int, ...], fitting: bool) -> None:
    if fitting and len(shape) > 3:
        raise UsageError(
            f"got rows of shape {shape}, expected vectors (n, d) or images (n, H, W) or (n, C, H, W)"
        )
    if fitting:
        estimator.input_shape_ = shape
        estimator.n_features_in_ = math.prod(shape)
    elif shape != estimator.input_shape_:
        raise UsageError(
            f"got rows of shape {shape}, but {type(estimator).__name__} was fitted on rows of shape "
            f"{estimator.input_shape_}: give it rows like those"
        )
