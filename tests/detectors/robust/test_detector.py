"""RobustDetector: repeated rows do not move it, and each of its parts can be left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from robustgen import Autoencoder, RobustDetector
from robustgen._checks import UsageError
from robustgen.densities.neighbours import mean_distance
from robustgen.inference.corruption import Corruption, estimate_corruption
from tests.densities.texts import corrupted, texts, topic
from tests.detectors.builders import vectors


def with_repeats(n_outliers: int, seed: int = 0) -> np.ndarray:
    """140 inliers around a plane in R^8, and a dense clump beside it."""
    rng = np.random.default_rng(seed)
    plane = rng.normal(size=(2, 8))
    inliers = rng.normal(size=(140, 2)) @ plane + 0.3 * rng.normal(size=(140, 8))
    clump = 2 * np.ones(8) + 0.05 * rng.normal(size=(60, 8))
    return np.vstack([inliers, clump[:n_outliers]])


def auroc(detector, X) -> float:
    data = with_repeats(60)
    return roc_auc_score(np.arange(200) >= 140, -detector.fit(X).score_samples(data))


def told_by_score(detector, X) -> Corruption:
    scores = detector.score_samples(X)
    return estimate_corruption(np.sign(scores) * np.expm1(np.abs(scores)))


def test_repeated_outliers_cost_it_little_where_a_plain_autoencoder_falls():
    clean, dirty = with_repeats(0), with_repeats(60)
    assert auroc(RobustDetector(random_state=0), dirty) > auroc(RobustDetector(random_state=0), clean) - 0.03
    assert auroc(Autoencoder(epochs=60, random_state=0), dirty) < 0.8


def test_the_repeated_rows_are_not_among_the_reference():
    detector = RobustDetector(random_state=0).fit(with_repeats(60))
    assert (detector.reference_ < 140).mean() > 0.98
    assert len(detector.reference_) == 100


def test_the_repeated_rows_are_counted():
    detector = RobustDetector(random_state=0).fit(with_repeats(60))
    assert abs(detector.contamination_ - 0.3) < 0.05
    assert detector.support_[:140].mean() > 0.95
    assert detector.support_[140:].mean() < 0.05


@pytest.mark.parametrize(("draw", "most"), [("normal", 0.01), ("standard_exponential", 0.1)])
def test_clean_rows_of_any_tail_hold_few_outliers(draw, most):
    X = getattr(np.random.default_rng(0), draw)(size=(2000, 5))
    detector = RobustDetector(screeners=("forest",), n_members=2, epochs=1, random_state=0).fit(X)
    assert detector.contamination_ < most
    grades = -detector.score_samples(X)
    assert estimate_corruption(-np.sign(grades) * np.expm1(np.abs(grades))).share > detector.contamination_


def test_a_single_model_counts_by_its_score():
    X = with_repeats(60)
    detector = RobustDetector(models=("gaussian",), n_members=2, epochs=5, random_state=0).fit(X)
    assert (detector.contamination_, detector.contamination_interval_) == told_by_score(detector, X)


@pytest.mark.parametrize(
    "options",
    [
        {"screeners": ("forest",)},
        {"screeners": ("autoencoder",), "models": ("autoencoder",)},
        {"screeners": ("covariance",), "models": ("gaussian",)},
        {"screeners": ("tails",), "models": ("mixture", "neighbours")},
        {"models": ("all_gaussian", "all_neighbours")},
        {"support_fraction": 1.0, "robust": False},
    ],
)
def test_any_choice_of_parts_works(options):
    scores = (
        RobustDetector(epochs=3, n_members=2, random_state=0, **options)
        .fit(vectors())
        .score_samples(vectors())
    )
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) == 60


def test_the_score_is_minus_the_mean_of_what_the_models_say():
    X = vectors()
    build = {"epochs": 3, "n_members": 2, "random_state": 0}
    names = ("autoencoder", "gaussian", "mixture", "neighbours", "histograms")
    alone = [RobustDetector(models=(name,), **build).fit(X).score_samples(X) for name in names]
    together = RobustDetector(models=names, **build).fit(X).score_samples(X)
    np.testing.assert_allclose(together, np.mean(alone, axis=0))


def test_models_of_all_rows_count_where_suspects_are_alone():
    scattered = np.random.default_rng(1).standard_t(3, size=(200, 8))
    alone, clumped = (
        RobustDetector(epochs=3, n_members=2, random_state=0).fit(X).ensemble_.weights[-1]
        for X in (scattered, with_repeats(60))
    )
    assert alone > clumped
    assert clumped < 1e-5


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"screeners": ()}, "got screeners=()"),
        ({"screeners": "forest"}, "got screeners='forest'"),
        ({"screeners": ("forrest",)}, "did you mean 'forest'"),
        ({"models": ("gauss",)}, "got models='gauss'"),
        ({"support_fraction": 0}, "got support_fraction=0, expected a share in"),
        ({"support_fraction": 1.5}, "got support_fraction=1.5, expected a share in"),
    ],
)
def test_wrong_parts_get_one_line(options, line):
    with pytest.raises(UsageError) as raised:
        RobustDetector(**options).fit(vectors())
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)


def test_of_a_large_table_a_sample_is_learnt(monkeypatch):
    monkeypatch.setattr("robustgen.detectors.robust.modality.REFERENCE_ROWS", 100)
    X = vectors(300)
    detector = RobustDetector(epochs=2, n_members=2, random_state=0).fit(X)
    assert 50 <= len(detector.reference_) <= 100
    assert detector.reference_.max() > 100
    assert (np.diff(detector.reference_) > 0).all()
    assert detector.autoencoder_.training_scores_.shape == (100,)
    assert detector.support_.shape == (300,)


def zeros_among_digits(n_others: int = 100) -> np.ndarray:
    digits = load_digits()
    zeros, others = digits.images[digits.target == 0], digits.images[digits.target != 0]
    return np.vstack([zeros[:150], others[:n_others]])


def test_images_are_compared_by_what_they_look_like():
    X = zeros_among_digits()
    detector = RobustDetector(n_members=1, epochs=1, random_state=0).fit(X)
    assert roc_auc_score(np.arange(250) >= 150, -detector.score_samples(X)) > 0.98
    assert (detector.reference_ < 150).mean() > 0.98
    assert len(detector.reference_) == 125


def test_of_images_the_nearest_of_the_core_score():
    X = zeros_among_digits()
    detector = RobustDetector(n_members=1, epochs=1, random_state=0).fit(X)
    scaled = detector.scaling_.apply(torch.from_numpy(X[:, None]))
    described = detector.description_(scaled)
    errors = mean_distance(described, described[detector.reference_], 5)
    order = np.argsort(errors.numpy(), kind="stable")
    assert (np.diff(detector.score_samples(X)[order]) <= 1e-6).all()


def test_neither_size_nor_unit_of_images_matters():
    X = zeros_among_digits()
    build = {"n_members": 1, "epochs": 1, "random_state": 0}
    expected = RobustDetector(**build).fit(X).score_samples(X)
    for others in (X / 16 - 3, np.repeat(X[:, None], 3, axis=1)):
        np.testing.assert_allclose(
            RobustDetector(**build).fit(others).score_samples(others), expected, rtol=0.02, atol=0.02
        )


def test_large_images_are_seen_as_thumbnails():
    small = np.random.default_rng(0).random((12, 3, 32, 32))
    large = small.repeat(3, axis=2).repeat(2, axis=3)
    models = ("autoencoder", "neighbours")
    seen, expected = (
        RobustDetector(models=models, n_members=2, epochs=1, random_state=0).fit(X) for X in (large, small)
    )
    assert seen.reconstruct(large).shape == large.shape
    np.testing.assert_array_equal(seen.reference_, expected.reference_)
    np.testing.assert_allclose(seen.transform(large), expected.transform(small), rtol=1e-3, atol=1e-5)


CHEAP = {"epochs": 1, "n_members": 1, "random_state": 0}


def auroc_on_new_texts(detector, n_outliers: int, inlier_words: int, outlier_words: int) -> float:
    others = [(topic(first, outlier_words), 40) for first in (300, 450, 600)]
    new = texts((topic(100, inlier_words), 120), *others, seed=1)
    detector.fit(corrupted(n_outliers, inlier_words, outlier_words))
    return roc_auc_score(np.arange(240) >= 120, -detector.score_samples(new))


@pytest.mark.parametrize("words", [(40, 40), (120, 20)], ids=["alike", "a loose topic among tight ones"])
def test_texts_of_other_topics_cost_it_little_where_a_plain_autoencoder_falls(words):
    clean = auroc_on_new_texts(RobustDetector(**CHEAP), 0, *words)
    assert clean > 0.85
    assert auroc_on_new_texts(RobustDetector(**CHEAP), 120, *words) > clean - 0.03
    assert auroc_on_new_texts(Autoencoder(epochs=100, random_state=0), 120, *words) < 0.75


def test_texts_of_other_topics_are_not_among_the_reference():
    assert (RobustDetector(**CHEAP).fit(corrupted(120)).reference_ < 150).mean() > 0.95


def test_a_text_that_is_copied_counts_once():
    copied = sparse.vstack([corrupted(0), *[texts((topic(300, 40), 1))] * 15]).tocsr()
    assert RobustDetector(**CHEAP).fit(copied).reference_.max() < 150


def test_neither_the_length_of_a_text_nor_how_it_is_stored_matters():
    X = corrupted(30)
    scores = RobustDetector(**CHEAP).fit(X).score_samples(X)
    np.testing.assert_allclose(RobustDetector(**CHEAP).fit(X.toarray()).score_samples(X.toarray()), scores)
    longer = X.multiply(np.random.default_rng(0).uniform(0.1, 9, size=(180, 1))).tocsr()
    np.testing.assert_allclose(RobustDetector(**CHEAP).fit(longer).score_samples(longer), scores)


def test_texts_are_vectors_like_others_where_parts_are_chosen():
    X = corrupted(30)
    scores = RobustDetector(models=("neighbours",), **CHEAP).fit(X).score_samples(X)
    assert np.isfinite(scores).all()
    assert (scores != RobustDetector(**CHEAP).fit(X).score_samples(X)).any()


def test_of_many_texts_a_sample_is_judged(monkeypatch):
    monkeypatch.setattr("robustgen.detectors.robust.modality.REFERENCE_TEXTS", 100)
    detector = RobustDetector(**CHEAP).fit(corrupted(30))
    assert len(detector.reference_) == 50
    assert detector.reference_.max() > 100
    assert detector.support_.shape == (180,)


def test_texts_after_a_table_and_a_table_after_texts():
    detector = RobustDetector(**CHEAP)
    for X in (vectors(), corrupted(30), vectors()):
        expected = RobustDetector(**CHEAP).fit(X).score_samples(X)
        np.testing.assert_array_equal(detector.fit(X).score_samples(X), expected)


def test_an_empty_text_and_an_unknown_word_are_outliers():
    X = corrupted(30)
    strange = np.zeros((2, X.shape[1]))
    strange[1, np.flatnonzero(X.getnnz(axis=0) == 0)[:1]] = 1
    scores = RobustDetector(**CHEAP).fit(X)
    assert scores.score_samples(strange).max() < np.quantile(scores.score_samples(X), 0.1)


def test_a_cell_out_of_all_measure_does_not_blind_its_column():
    """A sentinel such as 99999 for a missing value would make all else in the column look alike."""
    X = np.random.default_rng(0).normal(size=(200, 5))
    X[0, 2], X[1, 2] = 99_999.0, 12.0
    scores = RobustDetector(**CHEAP).fit(X).score_samples(X)
    assert set(np.argsort(scores)[:2]) == {0, 1}


def test_scores_that_are_held_out_are_those_of_models_that_have_not_seen_the_row():
    X = np.random.default_rng(0).normal(size=(200, 3))
    detector = RobustDetector(
        screeners=("tails",), models=("neighbours",), n_members=1, epochs=1, random_state=0
    )
    seen = detector.fit(X).score_samples(X)
    held_out = detector.held_out_scores(X)
    core = detector.reference_
    assert held_out[core].mean() < seen[core].mean()  # no row is its own neighbour, at a distance of 0
    assert np.median(held_out) == pytest.approx(0, abs=1e-12)


def test_among_inliers_held_out_scores_are_as_low_in_the_clean_subset_s_halves():
    """The halves are drawn, so that neither is nearer to its models than the other."""
    X = np.random.default_rng(0).normal(size=(600, 3))
    detector = RobustDetector(n_members=1, epochs=1, random_state=0).fit(X)
    again = RobustDetector(n_members=1, epochs=1, random_state=1).fit(X)
    first, second = detector.held_out_scores(X), again.held_out_scores(X)
    assert np.corrcoef(first, second)[0, 1] > 0.95


@pytest.mark.parametrize("n_rows", [99, 101])
def test_held_out_are_the_training_rows_alone(n_rows):
    rng = np.random.default_rng(0)
    detector = RobustDetector(n_members=1, epochs=1, random_state=0).fit(rng.normal(size=(100, 3)))
    with pytest.raises(UsageError, match="expected the 100 training rows"):
        detector.held_out_scores(rng.normal(size=(n_rows, 3)))


def test_no_scores_of_images_are_held_out():
    images = np.random.default_rng(0).normal(size=(40, 8, 8))
    detector = RobustDetector(n_members=1, epochs=1, random_state=0).fit(images)
    assert not detector.holds_out
    with pytest.raises(UsageError, match="vectors"):
        detector.held_out_scores(images)
