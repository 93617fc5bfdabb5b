"""What judged rows say of rows like them: a bounded contrast that far rows do not feel."""

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.metrics import roc_auc_score

from robustgen import Answers, RobustDetector, load, save
from robustgen.detectors.answers import judged_neighbourhoods
from robustgen.detectors.likeness import fit_likeness
from tests.detectors.test_answers import INPUTS


def likeness_of(X, answers):
    return fit_likeness(X, judged_neighbourhoods(X, answers))


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(60, 4))


@pytest.mark.parametrize("wide", [4, 80])
def test_it_is_minus_one_at_a_normal_row_one_at_an_outlier_and_between_elsewhere(wide):
    X = np.random.default_rng(0).normal(size=(60, wide))
    values = likeness_of(X, Answers(normal=[0, 1], outliers=[2, 3]))(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(values[:4], [-1, -1, 1, 1], atol=1e-6)
    assert np.all(np.abs(values[4:]) < 1)


def test_far_rows_are_left_to_the_models(rows):
    likeness = likeness_of(rows, Answers(normal=[0], outliers=[2]))
    far = torch.from_numpy(1e8 * rows)
    assert likeness(far).abs().max() < 1e-6


def test_units_of_columns_do_not_matter(rows):
    answers, units = Answers(normal=[0, 1], outliers=[2]), np.array([1e-6, 1.0, 1e3, 1e9])
    plain = likeness_of(rows, answers)(torch.from_numpy(rows))
    scaled = likeness_of(rows * units, answers)(torch.from_numpy(rows * units))
    torch.testing.assert_close(scaled, plain)


def test_a_row_that_was_judged_both_ways_is_neither():
    X = np.array([[0.0], [0.0], [3.0]])
    values = likeness_of(X, Answers(normal=[0], outliers=[1]))(torch.from_numpy(X))
    assert values[:2].tolist() == [0, 0]


@pytest.mark.parametrize("answers", [Answers(normal=[0, 1]), Answers(outliers=[0, 1])])
def test_answers_that_are_all_alike_say_nothing_of_others(rows, answers):
    assert likeness_of(rows, answers) is None


@pytest.fixture(scope="module")
def taught():
    """Fit to a table with two kinds of outliers, of which answers name one row each."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(150, 6)), rng.normal([2.5, 0, 0, 0, 0, 0], 0.5, size=(50, 6))])
    detector = RobustDetector(random_state=0, epochs=2, n_members=2)
    return detector.fit(X, Answers(normal=[0, 1, 2], outliers=[150, 151])), rng


def test_new_rows_like_a_judged_outlier_are_told_better_than_by_the_models_alone(taught):
    detector, rng = taught
    new = np.vstack([rng.normal(size=(200, 6)), rng.normal([2.5, 0, 0, 0, 0, 0], 0.5, size=(200, 6))])
    outlying = np.repeat([0, 1], 200)
    errors = -detector.score_samples(new)
    likeness = detector.likeness_(torch.from_numpy(new)).numpy()
    assert roc_auc_score(outlying, errors) > roc_auc_score(outlying, errors - likeness)


def test_it_is_stored_with_the_model(taught, tmp_path):
    detector, rng = taught
    new = rng.normal(size=(20, 6))
    save(detector, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").score_samples(new), detector.score_samples(new))


def test_it_is_exported(rows, tmp_path):
    alone = RobustDetector(models=("gaussian",), random_state=0, epochs=1, n_members=1)  # test_onnx has all
    detector = alone.fit(rows, Answers(normal=[0, 1], outliers=[2, 3]))
    assert detector.likeness_ is not None
    new = np.random.default_rng(1).normal(size=(20, 4))
    detector.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (scores,) = session.run(None, {session.get_inputs()[0].name: new})
    np.testing.assert_allclose(scores.ravel(), detector.score_samples(new), atol=1e-5)


@pytest.mark.parametrize("make", INPUTS)
def test_every_type_of_rows_is_told_by_it(make):
    X = make()
    outliers = [X.shape[0] - 1, X.shape[0] - 2]
    detector = RobustDetector(random_state=0, epochs=1, n_members=1).fit(X, Answers([0, 1], outliers))
    assert detector.likeness_ is not None
    assert np.isfinite(detector.score_samples(X)).all()
    assert np.isfinite(detector.explain(X[:3])).all()
