"""The learned inverse: scikit-learn's contract, the forms of targets, and what breaking a symmetry gains."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import estimator_checks_generator

from robustgen import InverseRegressor, PhaseCanonicalizer, RobustTraining, SignCanonicalizer, load, save
from robustgen._checks import UsageError
from robustgen.metrics import relative_error


def build(**options):
    return InverseRegressor(**{"hidden_dims": (32,), "epochs": 5, "random_state": 0} | options)


def pairs(n_rows=60, *, is_complex=False):
    """Return observations and the signals behind them."""
    rng = np.random.default_rng(0)
    x, A = rng.normal(size=(n_rows, 2)), rng.normal(size=(2, 8))
    if is_complex:
        x, A = x + 1j * rng.normal(size=x.shape), A + 1j * rng.normal(size=A.shape)
    return np.abs(x @ A) ** 2, x


@pytest.mark.parametrize(
    ("estimator", "check"),
    [pytest.param(*pair, id=pair[1].func.__name__) for pair in estimator_checks_generator(build())],
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("symmetry", "is_complex"), [("sign", False), ("phase", True)])
def test_raw_pairs_teach_an_average_and_representatives_the_inverse(symmetry, is_complex):
    y, x = pairs(3000, is_complex=is_complex)
    options = {"hidden_dims": (64, 64), "epochs": 30}
    raw, broken = build(**options).fit(y, x), build(symmetry=symmetry, **options).fit(y, x)
    assert relative_error(x, raw.predict(y), symmetry).mean() > 0.8
    assert relative_error(x, broken.predict(y), symmetry).mean() < 0.3


@pytest.mark.parametrize("shape", [(), (1,), (3,), (4, 3), (2, 4, 3)])
@pytest.mark.parametrize(
    ("symmetry", "is_complex"),
    [(None, False), (None, True), ("sign", False), ("phase", False), ("phase", True), ("fourier", True)],
)
def test_estimates_look_like_the_targets(shape, symmetry, is_complex):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, *shape)) + (1j * rng.normal(size=(20, *shape)) if is_complex else 0)
    made = build(symmetry=symmetry).fit(rng.normal(size=(20, 6)), x).predict(rng.normal(size=(5, 6)))
    assert made.shape == (5, *shape)
    assert np.iscomplexobj(made) == is_complex


@pytest.mark.parametrize(("symmetry", "is_complex"), [(None, False), ("sign", False), ("phase", True)])
def test_the_score_is_1_minus_the_mean_relative_error(symmetry, is_complex):
    y, x = pairs(is_complex=is_complex)
    fitted = build(symmetry=symmetry).fit(y, x)
    errors = relative_error(x, fitted.predict(y), symmetry)
    assert fitted.score(y, x) == pytest.approx(1 - errors.mean())
    weights = np.arange(len(x))
    assert fitted.score(y, x, weights) == pytest.approx(1 - errors @ weights / weights.sum())


def test_the_form_of_a_signal_changes_neither_the_fit_nor_the_score():
    y, x = pairs()
    first, second = build(symmetry="sign").fit(y, x), build(symmetry="sign").fit(y, -x)
    np.testing.assert_array_equal(first.predict(y), second.predict(y))
    assert first.score(y, x) == first.score(y, -x)


def test_a_transformer_breaks_the_symmetry_and_measures_between_representatives():
    y, x = pairs(is_complex=True)
    stacked = np.hstack([x.real, x.imag])
    given = PhaseCanonicalizer(stacked=True)
    fitted = build(symmetry=given).fit(y, stacked)
    assert not hasattr(given, "n_features_in_")
    np.testing.assert_allclose(
        fitted.predict(y)[:, 0], build(symmetry="phase").fit(y, x).predict(y)[:, 0].real
    )
    forms = [fitted.canonicalizer_.transform(one) for one in (stacked, fitted.predict(y))]
    assert fitted.score(y, stacked) == pytest.approx(1 - relative_error(*forms).mean())
    real, imaginary = np.split(fitted.predict(y), 2, axis=1)
    assert fitted.score(y, stacked) <= 1 - relative_error(x, real + 1j * imaginary, "phase").mean()


def test_wild_targets_do_not_hurt_robust_training():
    y, x = pairs(2000)
    x = SignCanonicalizer().fit_transform(x)
    dirty = x.copy()
    dirty[:400] = 30 * np.random.default_rng(1).normal(size=(400, 2))
    options = {"hidden_dims": (64, 64), "epochs": 30, "scaling": "robust"}
    errors = [
        relative_error(x[400:], build(robust=robust, **options).fit(y, dirty).predict(y[400:])).mean()
        for robust in (RobustTraining(keep=0.7), False)
    ]
    assert errors[0] < 0.6 * errors[1]


def test_observations_come_as_frames_sparse_matrices_and_images():
    y, x = pairs()
    expected = build().fit(y, x).predict(y)
    names = [f"|a_{j} x|^2" for j in range(8)]
    frame = pd.DataFrame(y, columns=names)
    framed = build().fit(frame, pd.DataFrame(x))
    assert list(framed.feature_names_in_) == names
    np.testing.assert_allclose(framed.predict(frame), expected, rtol=1e-9)
    for form in (sparse.csr_matrix(y), y.reshape(-1, 2, 4)):
        np.testing.assert_allclose(build().fit(form, x).predict(form), expected, rtol=1e-9)


def test_the_same_seed_gives_the_same_estimates_and_another_others():
    y, x = pairs()
    first = build().fit(y, x).predict(y)
    np.testing.assert_array_equal(build().fit(y, x).predict(y), first)
    assert (build(random_state=1).fit(y, x).predict(y) != first).any()


def test_the_estimate_of_members_is_their_mean():
    y, x = pairs()
    several = build(n_members=3).fit(y, x)
    assert several.history_["regression"].shape == (5, 3)
    assert len(several.net_[0].weight) == 3
    assert several.predict(y).shape == x.shape


def test_it_survives_pickling_cloning_and_a_grid_search():
    y, x = pairs()
    fitted = build(symmetry=SignCanonicalizer()).fit(y, x)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(y), fitted.predict(y))
    assert clone(fitted).get_params()["symmetry"].get_params() == {"reference": "first"}
    search = GridSearchCV(build(), {"symmetry": [None, "sign"]}, cv=2).fit(y, x)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("symmetry", [None, "phase", PhaseCanonicalizer()])
def test_it_survives_a_file(symmetry, tmp_path):
    y, x = pairs(is_complex=True)
    fitted = build(symmetry=symmetry, n_members=2).fit(y, x)
    save(fitted, tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(y), fitted.predict(y))
    assert loaded.score(y, x) == fitted.score(y, x)


def test_the_progress_bar_shows_when_asked_and_only_then(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # by which rich takes standard error for a terminal
    build().fit(*pairs())
    assert capsys.readouterr() == ("", "")
    build(verbose=True).fit(*pairs())
    assert "5/5" in capsys.readouterr().err


WRONG = {
    "symmetry": ({"symmetry": "sine"}, "did you mean 'sign'"),
    "a class": ({"symmetry": SignCanonicalizer}, "a transformer or None"),
    "another shape": ({"symmetry": PCA(1)}, "keeps the shape"),
    "loss": ({"loss": "l3"}, "expected one of 'l2'"),
    "dims": ({"hidden_dims": ()}, "layer widths"),
    "scaling": ({"scaling": "minmax"}, "expected one of 'standard'"),
    "members": ({"n_members": 0}, "integer of 1 or more"),
    "epochs": ({"epochs": 0}, "1 or more epochs"),
    "training": ({"training": {"patiance": 3}}, "did you mean 'patience'"),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_parameter_gets_one_clear_line(options, message):
    with pytest.raises(UsageError, match=message) as caught:
        build(**options).fit(*pairs())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (None, "the target y is None"),
        (3.0, "one target for each row"),
        (np.array([["a", "b"]] * 60), "expected numbers"),
        (np.full((60, 2), 1j * np.nan), "infinity in row 0"),
        (np.ones((59, 2)), "inconsistent numbers of samples"),
    ],
    ids=["none", "number", "text", "nan", "short"],
)
def test_wrong_targets_get_one_clear_line(targets, message):
    with pytest.raises(ValueError, match=message) as caught:
        build().fit(pairs()[0], targets)
    assert "\n" not in str(caught.value)
