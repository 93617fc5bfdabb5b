"""The relative error modulo a symmetry, against the least over a listed group."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.metrics import relative_error

PHASES = np.exp(2j * np.pi * np.arange(720) / 720)


def _draw(rng, shape, *, is_complex):
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if is_complex else real


def _listed(x_hat, symmetry, *, is_complex):
    """Yield every form of one estimate, phases on a fine grid."""
    signs = PHASES if is_complex else (1, -1)
    forms = {None: [x_hat], "sign": [x_hat, -x_hat], "phase": [x_hat * s for s in signs]}
    if symmetry in forms:
        yield from forms[symmetry]
        return
    axes = tuple(range(x_hat.ndim))[-2:]
    mirrored = np.roll(np.flip(x_hat, axes), 1, axis=axes).conj()
    for form in (x_hat, mirrored):
        for shift in np.ndindex(*(x_hat.shape[axis] for axis in axes)):
            for s in signs:
                yield np.roll(form, shift, axis=axes) * s


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("symmetry", [None, "sign", "phase", "fourier"])
@pytest.mark.parametrize("shape", [(5,), (1,), (3, 4), (2, 3, 2)])
def test_it_is_the_least_over_the_group(symmetry, shape, is_complex):
    rng = np.random.default_rng(0)
    x, x_hat = (_draw(rng, (3, *shape), is_complex=is_complex) for _ in range(2))
    expected = [
        min(np.linalg.norm(form - one) for form in _listed(hat, symmetry, is_complex=is_complex))
        / np.linalg.norm(one)
        for one, hat in zip(x, x_hat, strict=True)
    ]
    measured = relative_error(x, x_hat, symmetry)
    assert (measured <= np.array(expected) * (1 + 1e-12)).all()
    np.testing.assert_allclose(measured, expected, rtol=5e-3)


@pytest.mark.parametrize("symmetry", ["sign", "phase", "fourier"])
def test_other_forms_of_the_truth_are_perfect(symmetry):
    rng = np.random.default_rng(1)
    x = _draw(rng, (4, 6, 5), is_complex=symmetry != "sign")
    form = {"sign": -x, "phase": x * 1j, "fourier": np.roll(x, (2, 3), axis=(1, 2)) * -1j}[symmetry]
    np.testing.assert_allclose(relative_error(x, form, symmetry), 0, atol=1e-15)


@pytest.mark.parametrize("symmetry", [None, "sign", "phase", "fourier"])
def test_the_estimate_0_has_error_1_and_the_signal_0_none_or_infinite(symmetry):
    x = np.array([[1.0, -2.0], [0.0, 0.0], [0.0, 0.0]])
    x_hat = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    np.testing.assert_array_equal(relative_error(x, x_hat, symmetry), [1, 0, np.inf])


@pytest.mark.parametrize("kind", [np.uint8, np.float16, bool])
@pytest.mark.parametrize("symmetry", [None, "sign", "phase", "fourier"])
def test_narrow_numbers_are_measured_in_double_precision(symmetry, kind):
    x, x_hat = np.random.default_rng(2).integers(0, 256, size=(2, 4, 6, 5)).astype(kind)
    expected = relative_error(x.astype(float), x_hat.astype(float), symmetry)
    np.testing.assert_array_equal(relative_error(x, x_hat, symmetry), expected)


def test_one_signal_is_one_row():
    np.testing.assert_array_equal(relative_error([3.0, 4.0], [-3.0, -4.0], "sign"), [0.0])


@pytest.mark.parametrize(
    ("x_hat", "symmetry", "message"),
    [
        (np.ones((2, 4)), None, "expected the same"),
        (np.ones((2, 3)), "fuorier", "did you mean 'fourier'"),
        (np.ones((2, 3)), 3, "expected one of"),
    ],
)
def test_a_fault_gets_one_clear_line(x_hat, symmetry, message):
    with pytest.raises(UsageError, match=message):
        relative_error(np.ones((2, 3)), x_hat, symmetry)
