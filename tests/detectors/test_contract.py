"""What every detector promises, on every line of the table."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from robustgen import MAW, RSRAE, RVQVAE, SQVAE, VAE, VQVAE, Autoencoder, RobustDetector
from robustgen._checks import UsageError
from robustgen.inference.explanation import top_features
from tests.detectors.builders import (
    DETECTORS,
    clips,
    colour_images,
    grey_images,
    signals,
    text,
    vectors,
    words,
)

INPUTS = {
    "vectors": vectors,
    "grey images": grey_images,
    "colour images": colour_images,
    "signals": signals,
    "clips": clips,
    "text": text,
    "words": words,
}


@pytest.fixture(params=DETECTORS)
def build(request: pytest.FixtureRequest):
    return DETECTORS[request.param]


def _scikit_learn_checks():
    """Yield checks of the interface, which hold for a net that has hardly learnt too."""
    few_codes = {"quantisation": {"n_codes": 8}}
    smaller = {VQVAE: few_codes, SQVAE: few_codes, RVQVAE: {"sets": {"start_rounds": 2}} | few_codes}
    for build in (Autoencoder, RobustDetector, RSRAE, MAW, VAE, VQVAE, SQVAE, RVQVAE):
        for estimator, check in estimator_checks_generator(
            build(epochs=1, hidden_dims=(8,), **smaller.get(build, {}))
        ):
            yield pytest.param(estimator, check, id=f"{build.__name__}-{check.func.__name__}")


@pytest.mark.filterwarnings("ignore:RVQVAE parted the rows")  # right it is: these rows have no outliers
@pytest.mark.parametrize(("estimator", "check"), list(_scikit_learn_checks()))
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("make", INPUTS.values(), ids=INPUTS)
def test_every_modality_for_row_is_scored(build, make):
    X = make()
    n_rows = X.shape[0]
    detector = build(latent_dim=2).fit(X)
    scores = detector.score_samples(X)
    assert scores.shape == (n_rows,)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(detector.decision_function(X), scores - detector.offset_)
    np.testing.assert_array_equal(detector.predict(X), np.where(scores < detector.offset_, -1, 1))
    contributions = detector.explain(X)
    assert contributions.shape == X.shape
    np.testing.assert_allclose(contributions.reshape(n_rows, -1).sum(1), -scores, rtol=1e-4, atol=1e-6)
    assert detector.reconstruct(X).shape == X.shape
    assert detector.transform(X).shape == (n_rows, 2 * detector.n_members)
    assert detector.n_features_in_ == np.prod(X.shape[1:])


@pytest.mark.parametrize("make", [vectors, grey_images])
def test_the_same_seed_gives_the_same_scores_to_the_last_bit(build, make):
    X = make()
    first, second = build().fit(X).score_samples(X), build().fit(X).score_samples(X)
    assert (first == second).all()
    assert (build(random_state=1).fit(X).score_samples(X) != first).any()


def test_no_seed_means_fresh_numbers_and_leaves_the_global_ones_alone(build):
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = build(random_state=None).fit(vectors()).score_samples(vectors())
    second = build(random_state=None).fit(vectors()).score_samples(vectors())
    assert (first != second).any()
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert (np.random.get_state()[1] == numpy_before).all()  # noqa: NPY002


def test_a_row_gets_the_same_score_whatever_rows_stand_beside_it(build):
    X = vectors(300)
    detector = build().fit(X)
    singly = np.concatenate([detector.score_samples(X[i : i + 1]) for i in range(0, 300, 17)])
    np.testing.assert_allclose(detector.score_samples(X)[::17], singly, rtol=1e-12)


def test_sparse_dense_and_mapped_rows_give_the_same_scores(build, tmp_path):
    X = text()
    np.save(tmp_path / "X.npy", X.toarray())
    forms = [X, X.toarray(), np.load(tmp_path / "X.npy", mmap_mode="r")]
    expected, *others = [build().fit(form).score_samples(form) for form in forms]
    for scores in others:
        np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-8)


def test_a_data_frame_keeps_its_names(build):
    X = pd.DataFrame(vectors(), columns=list("abcdef"))
    detector = build().fit(X)
    assert list(detector.feature_names_in_) == list("abcdef")
    assert list(detector.set_output(transform="pandas").transform(X)) == list(
        detector.get_feature_names_out()
    )


def test_the_column_that_is_wrong_speaks_loudest_by_its_name(build):
    X = pd.DataFrame(vectors(100), columns=list("abcdef"), index=np.arange(100, 200))
    detector = build().fit(X)
    wrong = X.assign(c=X["c"] + 20)
    contributions = detector.explain(wrong)
    assert list(contributions.columns) == list("abcdef")
    assert list(contributions.index) == list(X.index)
    assert set(top_features(contributions, 1).names[:, 0]) == {"c"}


def test_contamination_moves_the_threshold_and_never_the_ranking(build):
    X = vectors(200)
    few, many = build(contamination=0.05).fit(X), build(contamination=0.3).fit(X)
    np.testing.assert_array_equal(few.score_samples(X), many.score_samples(X))
    assert (few.predict(X) == -1).mean() == pytest.approx(0.05)
    assert (many.predict(X) == -1).mean() == pytest.approx(0.3)


def test_the_threshold_moves_without_a_fit(build):
    X = vectors(200)
    few, many = build(contamination=0.05).fit(X), build(contamination=0.3).fit(X)
    assert few.set_threshold(0.3).offset_ == many.offset_
    assert few.get_params()["contamination"] == 0.3
    with pytest.raises(UsageError):
        few.set_threshold(0.7)


def test_probabilities_follow_the_scores_whatever_one_extreme_row_does(build):
    X = vectors(200)
    detector = build().fit(X)
    rows = np.vstack([X, np.full((1, 6), 1e3)])
    outlier = detector.outlier_probability(rows)
    assert ((outlier >= 0) & (outlier <= 1)).all()
    assert (np.diff(outlier[np.argsort(detector.score_samples(rows))]) <= 0).all()
    np.testing.assert_allclose(detector.predict_proba(rows), np.column_stack([1 - outlier, outlier]))
    np.testing.assert_array_equal(outlier[:-1], detector.outlier_probability(X))


def test_every_detector_audits_its_training_rows(build):
    X = np.vstack([vectors(190), 6 * np.random.default_rng(1).normal(size=(10, 6))])
    detector = build(contamination="auto").fit(X)
    weight, share = detector.inlier_weight_, detector.contamination_
    assert detector.support_.shape == weight.shape == (200,)
    assert detector.support_.dtype == bool
    assert ((weight >= 0) & (weight <= 1)).all()
    lower, upper = detector.contamination_interval_
    assert 0 <= lower <= share <= upper <= 1
    assert share <= 0.5
    assert (~detector.support_).sum() == round(200 * share)
    assert weight[~detector.support_].max(initial=0) <= weight[detector.support_].min()
    assert (detector.predict(X) == -1).mean() == pytest.approx(share, abs=0.01)


def test_without_sets_of_its_own_the_audit_follows_the_scores(build):
    detector = build().fit(vectors(200))
    if isinstance(detector, RVQVAE):
        assert detector.contamination_ == detector.outlier_fraction_
    else:
        by_score = np.argsort(detector.score_samples(vectors(200)))
        assert (np.diff(detector.inlier_weight_[by_score]) >= 0).all()


@pytest.mark.parametrize(
    "X",
    [
        vectors(2),
        vectors(3),
        vectors(60, 1),
        np.hstack([vectors(), np.full((60, 1), 7.0)]),
        np.ones((20, 3)),
        np.repeat(vectors(2), 30, axis=0),
        vectors() * 1e30,
        vectors() * 1e-30,
        np.arange(40).reshape(20, 2),
        vectors(129),
    ],
    ids=[
        "two rows",
        "fewer rows than a batch",
        "one feature",
        "a constant column",
        "all rows the same",
        "duplicates",
        "huge",
        "tiny",
        "integers",
        "a last batch of one row",
    ],
)
def test_odd_tables_work(build, X):
    detector = build().fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert np.isfinite(detector.inlier_weight_).all()
    assert 0 <= detector.contamination_ <= 0.5


@pytest.mark.parametrize("shape", [(5, 1, 1), (5, 3, 7), (5, 1, 4, 4), (3, 2, 5, 1)])
def test_odd_images_work(build, shape):
    X = np.random.default_rng(0).random(shape)
    detector = build().fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert detector.reconstruct(X).shape == shape


def test_a_detector_survives_pickling_cloning_and_a_pipeline(build):
    X = vectors()
    detector = build().fit(X)
    restored = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(restored.score_samples(X), detector.score_samples(X))
    assert clone(detector).get_params() == detector.get_params()
    piped = make_pipeline(StandardScaler(), build()).fit(X)
    assert piped.score_samples(X).shape == (60,)


def test_automatic_batches_of_a_small_table_have_128_rows(build):
    X = vectors(200)
    automatic, explicit = (build(batch_size=size).fit(X) for size in ("auto", 128))
    np.testing.assert_array_equal(automatic.score_samples(X), explicit.score_samples(X))
    with pytest.raises(UsageError, match="got batch_size='automatic', expected 1 or more rows, or 'auto'"):
        build(batch_size="automatic").fit(X)


def test_every_precision_trains(build):
    X = vectors(100)

    def scores(precision):
        return build(epochs=10, training={"precision": precision}).fit(X).score_samples(X)

    exact = scores("auto")
    for precision in ("float32", "tf32", "bf16"):
        assert np.corrcoef(exact, scores(precision))[0, 1] > 0.8


def test_refitting_forgets(build):
    detector = build().fit(grey_images())
    detector.fit(vectors())
    fresh = build().fit(vectors())
    np.testing.assert_array_equal(detector.score_samples(vectors()), fresh.score_samples(vectors()))


def test_the_history_has_every_epoch(build):
    detector = build(epochs=3).fit(vectors())
    assert detector.history_.epochs == 3
    assert detector.history_["reconstruction"].shape == (3, detector.n_members)


def test_the_progress_bar_shows_on_a_terminal_when_asked_and_only_then(build, capsys, monkeypatch):
    build(verbose=True).fit(vectors())
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")  # by which rich takes standard error for a terminal
    build(verbose=False).fit(vectors())
    assert capsys.readouterr() == ("", "")
    build(verbose=True).fit(vectors())
    assert "3/3" in capsys.readouterr().err
