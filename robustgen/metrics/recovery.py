"""How well signals are recovered, where their symmetries leave no way to distinguish some of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robustgen._checks import UsageError, suggest


def relative_error(x: ArrayLike, x_hat: ArrayLike, symmetry: str | None = None) -> NDArray[np.float64]:
    r"""Return the relative error of each row modulo a symmetry.

    .. math::
        \min_{g \in G} \frac{\lVert g \hat x - x \rVert}{\lVert x \rVert}

    Parameters
    ----------
    x : array, (n, d), (n, H, W) or (n, C, H, W)
        The true rows or images, real or complex; (d,) is one row.
    x_hat : array, shaped like x
        Their estimates.
    symmetry : {"sign", "phase", "fourier"} or None
        G: none; :math:`\pm 1`; all :math:`e^{it}` (for real x the signs); or the trivial ambiguities of
        Fourier phase retrieval, which are circular shifts of the last two axes (of rows (n, d): of
        the last), the conjugate flip :math:`\bar x(-k)` and a global phase (for real x a sign).

    Returns
    -------
    ndarray of float64, (n,)
        0 for a perfect estimate, 1 for the estimate 0. Where x is 0 it is 0 if the estimate is 0 too, and
        infinite if not.

    Raises
    ------
    UsageError
        When the shapes differ, or the symmetry is unknown.

    Notes
    -----
    The best phase is that of :math:`\langle \hat x, x \rangle`; the best shift is where the modulus of
    the circular cross-correlation, taken by FFT, is largest. The error is then that of the
    aligned estimate.

    References
    ----------
    Tayal, Lai, Kumar and Sun, "Inverse Problems, Deep Learning, and Symmetry Breaking", 2020,
    https://arxiv.org/abs/2003.09077.

    Examples
    --------
    >>> x = np.array([[3.0, 4.0]])
    >>> relative_error(x, -x), relative_error(x, -x, symmetry="sign")
    (array([2.]), array([0.]))
    >>> relative_error([[1, 2, 5, 0]], [[0, 5, 2, 1]], symmetry="fourier")
    array([0.])
    """
    truth, estimate = (np.atleast_2d(_floats(values)) for values in (x, x_hat))
    if truth.shape != estimate.shape:
        raise UsageError(
            f"got x of shape {truth.shape} and x_hat of shape {estimate.shape}: expected the same"
        )
    if symmetry not in ALIGNMENTS:
        hint = suggest(symmetry, [name for name in ALIGNMENTS if name]) if isinstance(symmetry, str) else ""
        raise UsageError(
            f"got symmetry={symmetry!r}, expected one of 'sign', 'phase', 'fourier' or None{hint}"
        )
    aligned = ALIGNMENTS[symmetry](truth, estimate)
    error, length = _norms(aligned - truth), _norms(truth)
    perfect = np.where(error == 0, 0.0, np.inf)
    return np.divide(error, length, out=perfect, where=length > 0)


def _floats(values: ArrayLike) -> NDArray[Any]:
    """Return numbers in double precision: pixels of 8 bits would wrap round where they are subtracted."""
    given = np.asarray(values)
    return given.astype(np.complex128 if np.iscomplexobj(given) else np.float64)


def _norms(rows: NDArray[Any]) -> NDArray[np.float64]:
    norms: NDArray[np.float64] = np.linalg.norm(rows.reshape(len(rows), -1), axis=1)
    return norms


def _as_it_is(truth: NDArray[Any], estimate: NDArray[Any]) -> NDArray[Any]:
    return estimate


def _by_sign(truth: NDArray[Any], estimate: NDArray[Any]) -> NDArray[Any]:
    return estimate * np.where(_products(truth, estimate).real < 0, -1, 1)


def _by_phase(truth: NDArray[Any], estimate: NDArray[Any]) -> NDArray[Any]:
    product = _products(truth, estimate)
    return estimate * np.where(product == 0, 1, product) / np.where(product == 0, 1, np.abs(product))


def _products(truth: NDArray[Any], estimate: NDArray[Any]) -> NDArray[Any]:
    """Return the inner product of each row of the truth with its estimate, ready to multiply the rows."""
    axes = tuple(range(1, truth.ndim))
    return (truth * estimate.conj()).sum(axis=axes, keepdims=True)


def _by_shift_flip_and_phase(truth: NDArray[Any], estimate: NDArray[Any]) -> NDArray[Any]:
    shape = truth.shape
    images = [one.reshape(len(one), *_channels_first(shape[1:])) for one in (truth, estimate)]
    flipped = np.roll(images[1][:, :, ::-1, ::-1].conj(), 1, axis=(2, 3))
    forms = np.stack([images[1], flipped], axis=1)
    correlation = np.abs(_correlation(images[0][:, None], forms))
    best = correlation.reshape(len(forms), -1).argmax(axis=1)
    flip, row, column = np.unravel_index(best, correlation.shape[1:])
    moved = _shifted(forms[np.arange(len(forms)), flip], row, column)
    return _by_phase(truth, moved.reshape(shape))


def _correlation(truth: NDArray[Any], forms: NDArray[Any]) -> NDArray[np.complex128]:
    """Return the inner product (n, 2, H, W) of the truth with each shift of each form, over the channels."""
    spectrum = (np.fft.fft2(truth) * np.fft.fft2(forms).conj()).sum(axis=2)
    correlation: NDArray[np.complex128] = np.fft.ifft2(spectrum)
    return correlation


def _shifted(images: NDArray[Any], row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[Any]:
    height, width = images.shape[2:]
    rows = (np.arange(height) - row[:, None]) % height
    columns = (np.arange(width) - column[:, None]) % width
    by_row = np.take_along_axis(images, rows[:, None, :, None], axis=2)
    return np.take_along_axis(by_row, columns[:, None, None, :], axis=3)


def _channels_first(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) * (3 - len(shape)) + shape


ALIGNMENTS: dict[str | None, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    None: _as_it_is,
    "sign": _by_sign,
    "phase": _by_phase,
    "fourier": _by_shift_flip_and_phase,
}
