"""What every canonicalizer promises, on every line of the table: one form of each orbit, always the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from robustgen import Autoencoder, FourierCanonicalizer, PhaseCanonicalizer, SignCanonicalizer, load, save
from robustgen._checks import UsageError
from robustgen.metrics import relative_error
from tests.symmetry.groups import GROUPS, shifted_flipped_signed

SEEDS = st.integers(0, 2**32 - 1)
OFTEN = settings(max_examples=25, deadline=None)  # of 10 rows or 14 each
TAKES_COMPLEX = ("check_complex_data",)  # which demands an error: complex signals are what they are for
EVERY_GROUP = pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)


def _same(first, second, *, exact):
    """Compare exactly where the group is exact, else up to rounding (a tie has probability 0)."""
    np.testing.assert_allclose(first, second, rtol=0, atol=0 if exact else 1e-9)


def _scikit_learn_checks():
    kinds = {SignCanonicalizer: (), PhaseCanonicalizer: TAKES_COMPLEX, FourierCanonicalizer: TAKES_COMPLEX}
    for kind, exempt in kinds.items():
        for estimator, check in estimator_checks_generator(kind()):
            if check.func.__name__ not in exempt:
                yield pytest.param(estimator, check, id=f"{kind.__name__}-{check.func.__name__}")


@pytest.mark.parametrize(("estimator", "check"), list(_scikit_learn_checks()))
def test_scikit_learn_check(estimator, check):
    check(estimator)


@EVERY_GROUP
@OFTEN
@given(seed=SEEDS)
def test_every_form_of_a_row_has_the_same_representative(group, seed):
    rng = np.random.default_rng(seed)
    X = group.rows(rng)
    canonicalizer = group.build().fit(X)
    _same(canonicalizer.transform(X), canonicalizer.transform(group.act(X, rng)), exact=group.exact)


@EVERY_GROUP
@OFTEN
@given(seed=SEEDS)
def test_a_representative_is_its_own(group, seed):
    X = group.rows(np.random.default_rng(seed))
    canonicalizer = group.build().fit(X)
    once = canonicalizer.transform(X)
    _same(canonicalizer.transform(once), once, exact=group.exact)


@EVERY_GROUP
@OFTEN
@given(seed=SEEDS)
def test_the_representative_lies_in_the_orbit(group, seed):
    X = group.rows(np.random.default_rng(seed))
    made = group.build().fit_transform(X)
    canonicalizer = group.build()
    if getattr(canonicalizer, "stacked", False):
        X, made = (one[:, :5] + 1j * one[:, 5:] for one in (X, made))
    if getattr(canonicalizer, "image_shape", None):
        X, made = (one.reshape(-1, 3, 4) for one in (X, made))
    symmetry = {SignCanonicalizer: "sign", PhaseCanonicalizer: "phase"}.get(type(canonicalizer), "fourier")
    np.testing.assert_allclose(relative_error(X, made, symmetry), 0, atol=1e-12)


@EVERY_GROUP
@OFTEN
@given(seed=SEEDS)
def test_what_is_learnt_depends_on_the_orbits_alone(group, seed):
    rng = np.random.default_rng(seed)
    X = group.rows(rng)
    forms = group.act(X, rng)
    _same(group.build().fit(X).transform(X), group.build().fit(forms).transform(X), exact=False)


@EVERY_GROUP
def test_rows_of_zeros_and_constant_rows_have_a_representative(group):
    X = group.rows(np.random.default_rng(0))
    canonicalizer = group.build().fit(X)
    np.testing.assert_array_equal(canonicalizer.transform(np.zeros_like(X)), np.zeros(X.shape))
    assert np.isfinite(canonicalizer.transform(np.ones_like(X))).all()


@EVERY_GROUP
@pytest.mark.parametrize("factor", [1e-150, 1e150])
def test_a_scale_changes_nothing(group, factor):
    X = group.rows(np.random.default_rng(0)).astype(complex if "complex" in group.rows.__name__ else float)
    canonicalizer = group.build().fit(X)
    _same(canonicalizer.transform(X * factor) / factor, canonicalizer.transform(X), exact=False)


@EVERY_GROUP
@pytest.mark.parametrize("wide", [True, False])
def test_shape_and_precision_stay(group, wide):
    X = group.rows(np.random.default_rng(0))
    kinds = ("complex128", "complex64") if np.iscomplexobj(X) else ("float64", "float32")
    X = X.astype(kinds[0 if wide else 1])
    made = group.build().fit_transform(X)
    assert made.shape == X.shape
    assert made.dtype == X.dtype


@pytest.mark.parametrize("name", ["sign", "phase, stacked", "fourier, pixels"])
def test_a_data_frame_keeps_its_names(name):
    group = GROUPS[name]
    X = group.rows(np.random.default_rng(0))
    names = [f"column {j}" for j in range(X.shape[1])]
    table = pd.DataFrame(X, columns=names)
    canonicalizer = group.build().set_output(transform="pandas")
    made = canonicalizer.fit_transform(table)
    assert list(made) == list(canonicalizer.get_feature_names_out()) == names
    np.testing.assert_array_equal(made, group.build().fit_transform(X))


@EVERY_GROUP
def test_parameters_survive_cloning(group):
    canonicalizer = group.build()
    assert clone(canonicalizer).get_params() == canonicalizer.get_params()


def test_a_pipeline_gives_all_forms_of_a_row_one_label():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal([3, 0, 1], 0.1, (20, 3)), rng.normal([0, 3, 1], 0.1, (20, 3))])
    pipeline = make_pipeline(SignCanonicalizer(reference="principal"), KMeans(2, n_init=1, random_state=0))
    np.testing.assert_array_equal(pipeline.fit(X).predict(X), pipeline.predict(-X))


@pytest.mark.parametrize("name", ["sign, images", "sign, principal", "fourier, shifts", "fourier, template"])
def test_a_pipeline_with_one_survives_a_file(name, tmp_path):
    group = GROUPS[name]
    X = group.rows(np.random.default_rng(0)).astype(float)
    pipeline = make_pipeline(group.build(), Autoencoder(epochs=1, random_state=0)).fit(X)
    save(pipeline, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").score_samples(X), pipeline.score_samples(X))


@pytest.mark.parametrize(
    "canonicalizer",
    [PhaseCanonicalizer(reference="principal"), FourierCanonicalizer(reference="template")],
    ids=["phase", "fourier"],
)
@pytest.mark.parametrize("precision", [np.complex64, np.complex128])
def test_what_is_learnt_of_complex_rows_survives_a_file(canonicalizer, precision, tmp_path):
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(20, 8)) + 1j * rng.normal(size=(20, 8))).astype(precision)
    save(canonicalizer.fit(X), tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(X), canonicalizer.transform(X))


def test_the_border_of_the_half_space_is_where_the_reference_says():
    X = np.array([[1e-6, 5.0], [-1e-6, 5.0], [0.1, -4.0]])
    np.testing.assert_array_equal(SignCanonicalizer().fit_transform(X)[:, 1], [5, -5, -4])
    np.testing.assert_array_equal(SignCanonicalizer(reference="principal").fit_transform(X)[:, 1], [5, 5, 4])


def test_a_tie_of_signs_falls_to_the_next_entry():
    made = SignCanonicalizer().fit_transform([[0, 0, -2], [0, -1, 5]])
    np.testing.assert_array_equal(made, [[0, 0, 2], [0, 1, -5]])


def test_the_anchor_of_a_phase_is_exactly_real_and_positive():
    made = PhaseCanonicalizer().fit_transform(GROUPS["phase"].rows(np.random.default_rng(0)))
    np.testing.assert_array_equal(made[:, 0].imag, 0)
    assert (made[:, 0].real > 0).all()


def test_the_principal_direction_turns_with_no_row():
    X = GROUPS["phase"].rows(np.random.default_rng(0))
    direction = PhaseCanonicalizer(reference="principal").fit(X).direction_
    by_hand = sum(np.outer(x, x.conj()) / np.linalg.norm(x) ** 2 for x in X)
    largest = np.linalg.eigvalsh(by_hand)[-1]
    np.testing.assert_allclose(by_hand @ direction, largest * direction, atol=1e-12)


def test_stacked_parts_are_the_complex_rows():
    X = GROUPS["phase"].rows(np.random.default_rng(0))
    made = PhaseCanonicalizer(stacked=True).fit_transform(np.hstack([X.real, X.imag]))
    expected = PhaseCanonicalizer().fit_transform(X)
    np.testing.assert_array_equal(made, np.hstack([expected.real, expected.imag]))


def test_the_energy_of_a_representative_is_centred_and_skew_and_its_sum_positive():
    X = GROUPS["fourier, complex"].rows(np.random.default_rng(0))
    made = FourierCanonicalizer().fit_transform(X)
    energy = (np.abs(made) ** 2).sum(axis=2)
    angle = 2 * np.pi * (np.arange(6) - 3) / 6
    assert (np.abs(np.angle(energy @ np.exp(1j * angle))) <= np.pi / 6).all()
    sums = made.sum(axis=(1, 2))
    np.testing.assert_allclose(sums.imag, 0, atol=1e-12)
    assert (sums.real > 0).all()


def test_a_template_gives_images_that_are_alike_forms_that_are_alike():
    rng = np.random.default_rng(0)
    image = np.zeros((8, 8))
    image[1:4, 1], image[2, 5] = 1, np.sqrt(3)  # as much energy on either side of the circle: no centre
    X = image + 0.02 * rng.normal(size=(40, 8, 8))
    moved = GROUPS["fourier"].act(X, rng)
    spread = {
        reference: FourierCanonicalizer(reference=reference).fit_transform(moved).std(axis=0).max()
        for reference in ("energy", "template")
    }
    assert spread["template"] < 0.1 < spread["energy"]


def test_the_best_form_by_a_template_overlaps_with_it_most():
    rng = np.random.default_rng(0)
    X = GROUPS["fourier, complex"].rows(rng)
    canonicalizer = FourierCanonicalizer(reference="template").fit(X)
    template = canonicalizer.template_[0]
    overlaps = [(x * template.conj()).sum() for x in canonicalizer.transform(X)]
    for x, overlap in zip(X, overlaps, strict=True):
        forms = [np.roll(f, s, axis=(0, 1)) for f in (x, _mirrored(x)) for s in np.ndindex(x.shape)]
        assert abs(overlap - max(abs((f * template.conj()).sum()) for f in forms)) < 1e-12


def _mirrored(image):
    return np.roll(image[::-1, ::-1].conj(), 1, axis=(0, 1))


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_images_without_a_mean_have_one_sign_in_every_precision(precision):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 6, 5))
    X = (X - X.mean(axis=(1, 2), keepdims=True)).astype(precision)
    canonicalizer = FourierCanonicalizer().fit(X)
    moved = shifted_flipped_signed(X, rng)
    np.testing.assert_array_equal(canonicalizer.transform(moved), canonicalizer.transform(X))


def test_no_form_changes_the_fourier_magnitude():
    X = GROUPS["fourier, complex"].rows(np.random.default_rng(0))
    made = FourierCanonicalizer().fit_transform(X)
    np.testing.assert_allclose(_autocorrelation(made), _autocorrelation(X), atol=1e-9)


def _autocorrelation(images):
    return np.abs(np.fft.fft2(images))


def test_a_digit_on_its_head_stays_one_where_flips_are_left_out():
    L = np.zeros((1, 7, 7))
    L[0, 1:6, 2] = L[0, 5, 2:5] = 1
    turned = L[:, ::-1, ::-1]
    kept = FourierCanonicalizer(symmetries=("shift", "phase")).fit(L)
    assert (kept.transform(L) != kept.transform(turned)).any()
    np.testing.assert_array_equal(*(FourierCanonicalizer().fit(L).transform(one) for one in (L, turned)))


def test_a_checkerboard_whose_energy_has_no_centre_is_settled_by_its_entries():
    board = np.indices((1, 4, 4)).sum(axis=0) % 2
    forms = np.concatenate([board, 1 - board, -board])
    made = FourierCanonicalizer().fit_transform(forms)
    assert (made == made[0]).all()
    assert made[0, 0, 0] == 1


WRONG = {
    "reference": (SignCanonicalizer(reference="princpal"), np.ones((2, 3)), "did you mean 'principal'"),
    "no reference": (PhaseCanonicalizer(reference=None), np.ones((2, 3)), "'first', 'principal'"),
    "odd": (PhaseCanonicalizer(stacked=True), np.ones((2, 3)), "3 columns with stacked=True"),
    "stacked complex": (PhaseCanonicalizer(stacked=True), np.ones((2, 4)) * 1j, "leave stacked=False"),
    "no template": (FourierCanonicalizer(reference="templat"), np.ones((2, 3)), "did you mean 'template'"),
    "symmetry": (FourierCanonicalizer(symmetries=("shfit",)), np.ones((2, 3)), "did you mean 'shift'"),
    "symmetries": (FourierCanonicalizer(symmetries="shift"), np.ones((2, 3)), "in a tuple"),
    "no symmetry": (FourierCanonicalizer(symmetries=()), np.ones((2, 3)), "expected some of"),
    "image shape": (FourierCanonicalizer(image_shape=(2, 2)), np.ones((2, 3)), "with 3 entries"),
    "two shapes": (FourierCanonicalizer(image_shape=(2, 2)), np.ones((2, 2, 2)), "leave image_shape out"),
    "five axes": (SignCanonicalizer(), np.ones((2, 1, 2, 2, 2)), "expected vectors"),
    "complex signs": (SignCanonicalizer(), np.ones((2, 3)) * 1j, "Complex data not supported"),
    "complex NaN": (PhaseCanonicalizer(), np.array([[1j, 2], [np.nan, 1j]]), "infinity in row 1"),
    "no rows": (PhaseCanonicalizer(), np.ones((0, 3)) * 1j, "expected rows"),
    "no columns": (PhaseCanonicalizer(), np.ones((3, 0)) * 1j, "expected rows"),
    "one complex signal": (FourierCanonicalizer(), np.ones(3) * 1j, "expected rows"),
}


@pytest.mark.parametrize(("canonicalizer", "X", "message"), WRONG.values(), ids=WRONG)
def test_a_fault_gets_one_clear_line(canonicalizer, X, message):
    with pytest.raises(ValueError, match=message) as caught:
        canonicalizer.fit(X)
    assert message.startswith("Complex") or "\n" not in str(caught.value)


@pytest.mark.parametrize("fitted_on", [np.ones((2, 3)), np.ones((2, 3, 3))])
@pytest.mark.parametrize("other", [np.ones((2, 2, 3)), 1j * np.ones((2, 4, 3))])
def test_rows_of_another_shape_are_refused(fitted_on, other):
    with pytest.raises(UsageError, match=r"give it rows like those"):
        FourierCanonicalizer().fit(fitted_on).transform(other)
