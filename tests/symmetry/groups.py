"""The table of canonicalizers: a builder, rows it takes, and a random element of its group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from robustgen import FourierCanonicalizer, PhaseCanonicalizer, SignCanonicalizer

Rows = Callable[[np.random.Generator], np.ndarray]
Act = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Group(NamedTuple):
    """A canonicalizer with its group.

    Attributes
    ----------
    build : callable
        Makes the canonicalizer.
    rows : callable
        Draws rows.
    act : callable
        Applies to each row an element of the group of its own.
    exact : bool
        Whether floating point knows the group exactly.
    """

    build: Callable[[], Any]
    rows: Rows
    act: Act
    exact: bool


def real_rows(rng):
    return rng.normal(size=(14, 5))


def integer_rows(rng):
    return rng.integers(-2, 3, size=(14, 4))


def complex_rows(rng):
    return rng.normal(size=(14, 5)) + 1j * rng.normal(size=(14, 5))


def stacked_rows(rng):
    return rng.normal(size=(14, 10))


def real_images(rng):
    return rng.normal(size=(10, *rng.integers(1, 8, size=2)))


def integer_images(rng):
    return rng.integers(-2, 3, size=(10, *rng.integers(1, 6, size=2)))


def flat_images(rng):
    return rng.integers(0, 2, size=(10, 12))


def colour_images(rng):
    return rng.integers(0, 4, size=(10, 3, 4, 5))


def complex_images(rng):
    return rng.normal(size=(10, 6, 5)) + 1j * rng.normal(size=(10, 6, 5))


def signed(X, rng):
    return X * rng.choice([-1, 1], size=(len(X), *(1,) * (X.ndim - 1)))


def turned(X, rng):
    return X * np.exp(2j * np.pi * rng.random((len(X), *(1,) * (X.ndim - 1))))


def turned_stacked(X, rng):
    real, imaginary = np.split(X, 2, axis=1)
    forms = turned(real + 1j * imaginary, rng)
    return np.hstack([forms.real, forms.imag])


def shifted(X, rng):
    """Shift each signal or image along its last axes."""
    axes = tuple(range(X.ndim - 1))[-2:] if X.ndim > 2 else (0,)
    return np.stack([np.roll(x, rng.integers(0, 9, size=len(axes)), axis=axes) for x in X])


def flipped(X, rng):
    """Take each image x to conj x(-k) or leave it."""
    axes = tuple(range(1, X.ndim))[-2:]
    mirrored = np.roll(np.flip(X, axes), 1, axis=axes).conj()
    chosen = rng.integers(0, 2, size=(len(X), *(1,) * (X.ndim - 1))).astype(bool)
    return np.where(chosen, mirrored, X)


def shifted_flipped_signed(X, rng):
    return signed(shifted(flipped(X, rng), rng), rng)


def shifted_flipped_turned(X, rng):
    return turned(shifted(flipped(X, rng), rng), rng)


def as_pixels(act):
    """Act on images of 3 x 4 that come as rows."""
    return lambda X, rng: act(X.reshape(-1, 3, 4), rng).reshape(len(X), -1)


def principal(kind):
    return lambda: kind(reference="principal")


def template():
    return FourierCanonicalizer(reference="template")


GROUPS = {
    "sign": Group(SignCanonicalizer, real_rows, signed, exact=True),
    "sign, integers": Group(SignCanonicalizer, integer_rows, signed, exact=True),
    "sign, images": Group(SignCanonicalizer, integer_images, signed, exact=True),
    "sign, principal": Group(principal(SignCanonicalizer), real_rows, signed, exact=True),
    "phase": Group(PhaseCanonicalizer, complex_rows, turned, exact=False),
    "phase, principal": Group(principal(PhaseCanonicalizer), complex_rows, turned, exact=False),
    "phase, images": Group(PhaseCanonicalizer, complex_images, turned, exact=False),
    "phase, stacked": Group(
        lambda: PhaseCanonicalizer(stacked=True), stacked_rows, turned_stacked, exact=False
    ),
    "phase, real": Group(PhaseCanonicalizer, real_rows, signed, exact=True),
    "fourier": Group(FourierCanonicalizer, real_images, shifted_flipped_signed, exact=True),
    "fourier, integers": Group(FourierCanonicalizer, integer_images, shifted_flipped_signed, exact=True),
    "fourier, colour": Group(FourierCanonicalizer, colour_images, shifted_flipped_signed, exact=True),
    "fourier, complex": Group(FourierCanonicalizer, complex_images, shifted_flipped_turned, exact=False),
    "fourier, signals": Group(FourierCanonicalizer, integer_rows, shifted_flipped_signed, exact=True),
    "fourier, pixels": Group(
        lambda: FourierCanonicalizer(image_shape=(3, 4)),
        flat_images,
        as_pixels(shifted_flipped_signed),
        exact=True,
    ),
    "fourier, template": Group(template, real_images, shifted_flipped_signed, exact=True),
    "fourier, template, integers": Group(template, integer_images, shifted_flipped_signed, exact=True),
    "fourier, template, complex": Group(template, complex_images, shifted_flipped_turned, exact=False),
    "fourier, template, shifts": Group(
        lambda: FourierCanonicalizer(reference="template", symmetries=("shift",)),
        integer_images,
        shifted,
        exact=True,
    ),
    "fourier, shifts": Group(
        lambda: FourierCanonicalizer(symmetries=("shift",)), integer_images, shifted, exact=True
    ),
    "fourier, flips": Group(
        lambda: FourierCanonicalizer(symmetries=("flip",)), integer_images, flipped, exact=True
    ),
    "fourier, shifts and signs": Group(
        lambda: FourierCanonicalizer(symmetries=("shift", "phase")),
        integer_images,
        lambda X, rng: signed(shifted(X, rng), rng),
        exact=True,
    ),
}
