"""The border: what comes in as X is checked here, once, with one clear line for each fault."""

from __future__ import annotations

import math
from numbers import Number
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from robustgen._checks import UsageError

CHECKED_ROWS = 65_536


def check_rows(estimator: Any, X: Any, *, fitting: bool) -> Any:
    """Return X as a dense array, memory map or CSR matrix of finite numbers, images as (n, C, H, W).

    Parameters
    ----------
    estimator : sklearn.base.BaseEstimator
        Who asks. In a fit it learns ``n_features_in_`` (C * H * W for images),
        ``feature_names_in_`` and ``input_shape_``, the shape of one row as it was given.
    X : array, DataFrame, CSR matrix or memory map
        (n, d) vectors, (n, H, W) or (n, C, H, W) images.
    fitting : bool
        Whether the estimator learns from X: two rows at least, of any shape.

    Raises
    ------
    ValueError
        When X holds text, NaN or infinity, is empty, or does not look like the training rows.
    """
    images = not sparse.issparse(X) and _n_axes(X) > 2
    checked = _numbers(estimator, X, images, fitting)
    shape = checked.shape[1:]
    if fitting:
        _expect_channels_first(shape)
        estimator.input_shape_ = shape
        estimator.n_features_in_ = math.prod(shape)
    elif shape != estimator.input_shape_:
        raise UsageError(
            f"got rows of shape {shape}, but {type(estimator).__name__} was fitted on rows of shape "
            f"{estimator.input_shape_}: give it rows like those"
        )
    _expect_finite(estimator, checked)
    return checked[:, None] if len(shape) == 2 else checked


def _n_axes(X: Any) -> int:
    return int(X.ndim) if hasattr(X, "ndim") else np.asarray(X, dtype=object).ndim


def _numbers(estimator: Any, X: Any, images: bool, fitting: bool) -> Any:
    fitted_on_images = not fitting and len(estimator.input_shape_) > 1
    try:
        checked = validate_data(
            estimator,
            X,
            reset=fitting,
            accept_sparse="csr",
            allow_nd=images,
            # scikit-learn counts the features of vectors only; ours are counted by the row's shape.
            ensure_2d=not images and not fitted_on_images,
            ensure_all_finite=False,
            ensure_min_samples=2 if fitting else 1,
        )
    except (np.exceptions.DTypePromotionError, ValueError) as error:
        stranger = None if images else _first_stranger(X)
        if stranger is None:
            raise
        raise _no_numbers(estimator, stranger) from error
    if checked.dtype.kind == "b":
        return checked.astype(np.uint8)  # numpy does not subtract booleans
    if checked.dtype.kind not in "iuf":
        raise _no_numbers(estimator, _first_stranger(X) or f"values of type {checked.dtype}")
    return checked


def _no_numbers(estimator: Any, what: str) -> UsageError:
    return UsageError(
        f"X holds {what}; {type(estimator).__name__} needs numbers: "
        "encode such columns (sklearn.preprocessing.OneHotEncoder) or drop them"
    )


def _first_stranger(X: Any) -> str | None:
    """Name the first cell of a table that is no number, or return None."""
    names = getattr(X, "columns", None)
    table = np.asarray(X, dtype=object)
    if table.ndim != 2:
        return None
    for j, column in enumerate(table.T):
        for i, cell in enumerate(column):
            if not _is_number(cell):
                kind = "text" if isinstance(cell, str) else f"a {type(cell).__name__}"
                return f"{kind}: {str(cell)!r} in row {i}, column {j if names is None else repr(names[j])}"
    return None


def _is_number(cell: Any) -> bool:
    if not isinstance(cell, str):
        return isinstance(cell, Number) or cell is None  # None is a missing number, which is told of apart
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _expect_channels_first(shape: tuple[int, ...]) -> None:
    if len(shape) > 3:
        raise UsageError(
            f"got rows of shape {shape}, expected vectors (n, d) or images (n, H, W) or (n, C, H, W)"
        )
    if len(shape) == 3 and shape[-1] in (1, 3, 4) and shape[0] > 4:
        raise UsageError(
            f"got images of shape {shape}, which looks like (H, W, C), expected (C, H, W): "
            "pass X.transpose(0, 3, 1, 2)"
        )


def _expect_finite(estimator: Any, X: Any) -> None:
    """Look through X a chunk at a time, as it may be a memory map, and name the first bad cell."""
    dense = X.data.reshape(-1, 1) if sparse.issparse(X) else X
    for start in range(0, len(dense), CHECKED_ROWS):
        chunk = np.asarray(dense[start : start + CHECKED_ROWS])
        if np.isfinite(chunk).all():
            continue
        place = np.argwhere(~np.isfinite(chunk))[0]
        raise UsageError(
            f"X holds {_kind(chunk[tuple(place)])} in {_cell(estimator, X, start, place)}; "
            f"{type(estimator).__name__} needs finite numbers: impute such cells "
            "(sklearn.impute.SimpleImputer) or drop their rows"
        )


def _kind(value: float) -> str:
    return "NaN" if np.isnan(value) else "infinity (inf)"


def _cell(estimator: Any, X: Any, start: int, place: np.ndarray) -> str:
    row = start + int(place[0])
    if sparse.issparse(X):  # `row` counts the stored entries
        return f"row {np.searchsorted(X.indptr, row, side='right') - 1}, column {X.indices[row]}"
    if X.ndim > 2:
        return f"image {row}"
    names = getattr(estimator, "feature_names_in_", None)
    return f"row {row}, column {int(place[1]) if names is None else repr(names[place[1]])}"
