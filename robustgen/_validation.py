"""The border: what comes in as X is checked here, once, with one clear line for each fault."""

from __future__ import annotations

import math
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import validate_data

from robustgen._checks import UsageError, is_numeral
from robustgen._declared import DECLARED, Declared
from robustgen._sources import RowSource, blocks, expect_no_dataset


def unmasked(X: Any) -> Any:
    """Return X with its masked cells as NaN, as what is missing; X itself where nothing is masked.

    Examples
    --------
    >>> unmasked(np.ma.array([[1, 2], [3, 4]], mask=[[False, True], [False, False]]))
    array([[ 1., nan],
           [ 3.,  4.]])
    """
    if not np.ma.isMaskedArray(X):
        return X
    if not np.ma.is_masked(X):
        return X.data
    numbers: Any = X.astype(np.result_type(X.dtype, np.float64))
    return numbers.filled(np.nan)


def expect_numbered_columns(estimator: Any, X: Any, *, fitting: bool) -> None:
    """Learn the columns of a DataFrame that are called by anything but text, or raise where others are given.

    scikit-learn learns names that are text, and takes columns that are numbered in whatever order.
    """
    columns = getattr(X, "columns", None)
    if columns is None or any(isinstance(column, str) for column in columns):
        return
    given = [str(column) for column in columns]
    if fitting:
        estimator.numbered_columns_ = given
    elif given != getattr(estimator, "numbered_columns_", given):
        raise UsageError(
            f"got the columns {', '.join(given[:5])}, but {type(estimator).__name__} was fitted on "
            f"{', '.join(estimator.numbered_columns_[:5])}: give it the same columns in the same order"
        )


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
    expect_numbered_columns(estimator, X, fitting=fitting)
    X = unmasked(X)
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


_ONE_ROW = {3: "signal", 4: "image", 5: "clip"}
"""By the axes of checked rows."""


def canonical(X: sparse.spmatrix) -> sparse.spmatrix:
    """Return a sparse matrix that stores each entry once, in order; X itself where it does.

    Raises
    ------
    UsageError
        When a stored column or row is outside the matrix, or the places contradict each other.

    Examples
    --------
    >>> halves = sparse.csr_matrix(([0.5, 0.5], [0, 0], [0, 2]), shape=(1, 2))
    >>> canonical(halves).data.tolist(), halves.data.tolist()
    ([1.0], [0.5, 0.5])
    """
    if not hasattr(X, "sum_duplicates"):  # other formats have no duplicates, or are turned into CSR first
        return X
    try:
        if hasattr(X, "check_format"):
            X.check_format(full_check=True)
    except ValueError as error:
        raise UsageError(f"got a sparse matrix that contradicts itself ({error}): build it anew") from None
    if X.has_canonical_format:
        return X
    summed = X.copy()
    summed.sum_duplicates()
    return summed


def check_rows(estimator: Any, X: Any, *, fitting: bool) -> Any:
    """Return X as a dense array, memory map, source or CSR matrix of finite numbers, images as (n, C, H, W).

    Signals stay (n, C, T) and clips (n, C, T, H, W): in a fit they are declared (:class:`robustgen.Signals`,
    :class:`robustgen.Clips`), later they are what the training rows were.

    Parameters
    ----------
    estimator : sklearn.base.BaseEstimator
        Who asks. In a fit it learns ``n_features_in_`` (C * H * W for images),
        ``feature_names_in_`` and ``input_shape_``, the shape of one row as it was given.
    X : array, DataFrame, CSR matrix, memory map or RowSource
        (n, d) vectors, (n, H, W) or (n, C, H, W) images, (n, C, T) signals or (n, C, T, H, W) clips; of a
        source (n, C, H, W) images and (n, C, T) signals, by the number of axes.
    fitting : bool
        Whether the estimator learns from X: two rows at least, of any shape.

    Raises
    ------
    ValueError
        When X holds text, NaN or infinity, is empty, or does not look like the training rows.
    """
    if isinstance(X, RowSource):
        return _checked_source(estimator, X, fitting)
    expect_no_dataset(X)
    expect_numbered_columns(estimator, X, fitting=fitting)
    X = canonical(X) if sparse.issparse(X) else unmasked(X)
    declared = _declared(estimator, X, fitting)
    if declared is not None:
        X = declared(X)
    several_axes = not sparse.issparse(X) and _n_axes(X) > 2
    checked = _numbers(estimator, X, several_axes, fitting)
    shape = checked.shape[1:]
    if fitting:
        if declared is None:
            _expect_channels_first(shape)
        estimator.input_shape_ = shape
        estimator.n_features_in_ = math.prod(shape)
    else:
        _expect_shape(estimator, shape)
    rows = checked[:, None] if len(shape) == 2 and declared is None else checked
    _expect_finite(estimator, rows)
    return rows


def _checked_source(estimator: Any, X: RowSource, fitting: bool) -> RowSource:
    """Return a source whose rows are those of training, or in a fit two at least; it is read once."""
    shape = X.shape[1:]
    if not 1 <= len(shape) <= 4 or X.shape[0] < (2 if fitting else 1):
        raise UsageError(
            f"got a {type(X).__name__} of shape {X.shape}, expected {'two rows' if fitting else 'a row'} at "
            "least, vectors (n, d), signals (n, C, T), images (n, C, H, W) or clips (n, C, T, H, W)"
        )
    if fitting:
        estimator.input_shape_ = shape
        estimator.n_features_in_ = math.prod(shape)
        if X.columns is not None:
            estimator.feature_names_in_ = np.array(X.columns, dtype=object)
    else:
        _expect_shape(estimator, shape)
        learnt = getattr(estimator, "feature_names_in_", None)
        if X.columns is not None and learnt is not None and list(learnt) != list(X.columns):
            raise UsageError(
                f"got the columns {', '.join(X.columns[:5])}, but {type(estimator).__name__} was fitted on "
                f"{', '.join(learnt[:5])}: give it the same columns in the same order"
            )
    _expect_finite(estimator, X)
    return X


def _expect_shape(estimator: Any, shape: tuple[int, ...]) -> None:
    if shape != estimator.input_shape_:
        raise UsageError(
            f"got rows of shape {shape}, but {type(estimator).__name__} was fitted on rows of shape "
            f"{estimator.input_shape_}: give it rows like those"
        )


def _declared(estimator: Any, X: Any, fitting: bool) -> type[Declared] | None:
    """Return what rows are declared to be, or in a fitted detector what its training rows were."""
    given = type(X) if isinstance(X, Declared) else None
    learnt = getattr(estimator, "row_type_", None)
    if fitting or learnt is None:  # a peer does not ask what rows are
        return given
    if given is not None and learnt != given.row_type:
        raise UsageError(
            f"got {given.row_type}, but {type(estimator).__name__} was fitted on {learnt}: give it rows like "
            "those"
        )
    return DECLARED.get(learnt)


def _n_axes(X: Any) -> int:
    return int(X.ndim) if hasattr(X, "ndim") else np.asarray(X, dtype=object).ndim


def _numbers(estimator: Any, X: Any, several_axes: bool, fitting: bool) -> Any:
    fitted_on_vectors = fitting or len(estimator.input_shape_) == 1
    try:
        checked = validate_data(
            estimator,
            X,
            reset=fitting,
            accept_sparse="csr",
            allow_nd=several_axes,
            # scikit-learn counts the features of vectors only; ours are counted by the row's shape.
            ensure_2d=not several_axes and fitted_on_vectors,
            ensure_all_finite=False,
            ensure_min_samples=2 if fitting else 1,
        )
    except (np.exceptions.DTypePromotionError, ValueError) as error:
        stranger = None if several_axes else _first_stranger(X)
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
    if isinstance(cell, str):
        return is_numeral(cell)
    return isinstance(cell, Number) or cell is None  # None is a missing number, which is told of apart


def _expect_channels_first(shape: tuple[int, ...]) -> None:
    if len(shape) > 3:
        raise UsageError(
            f"got rows of shape {shape}, expected vectors (n, d) or images (n, H, W) or (n, C, H, W): "
            "declare clips (n, C, T, H, W) as Clips(X)"
        )
    if len(shape) == 3 and shape[-1] in (1, 3, 4) and shape[0] > 4:
        raise UsageError(
            f"got images of shape {shape}, which looks like (H, W, C), expected (C, H, W): "
            "pass X.transpose(0, 3, 1, 2)"
        )


def _expect_finite(estimator: Any, X: Any) -> None:
    """Look through X a block at a time, as it may be larger than memory, and name the first bad cell."""
    dense = X.data.reshape(-1, 1) if sparse.issparse(X) else X
    start = 0
    for block in blocks(dense):
        chunk = np.asarray(block)
        if np.isfinite(chunk).all():
            start += len(chunk)
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
        return f"{_ONE_ROW[X.ndim]} {row}"
    names = getattr(estimator, "feature_names_in_", None)
    return f"row {row}, column {int(place[1]) if names is None else repr(names[place[1]])}"
