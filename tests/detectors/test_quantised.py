"""Codes, priors, samples, and the sets of RVQ-VAE."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from robustgen import (
    RVQVAE,
    SQVAE,
    VQVAE,
    Answers,
    CodebookTraining,
    Quantisation,
    SetRules,
    StochasticQuantisation,
    load,
)
from robustgen._checks import UsageError
from robustgen.detectors.prior import CodePrior
from robustgen.objectives.codebooks.inlier_sets import Anchors
from robustgen.training import TrainingConfig
from tests.detectors.builders import colour_images, grey_images, vectors

QUICK = {"quantisation": {"n_codes": 8}, "epochs": 3, "prior_epochs": 2, "random_state": 0}
EMA = {"quantisation": Quantisation(8, updates="ema")}


def drawn(variance: str) -> dict:
    return {"quantisation": StochasticQuantisation(8, variance=variance)}


DETECTORS = {
    "vqvae": lambda **options: VQVAE(**QUICK | options),
    "vqvae, ema": lambda **options: VQVAE(
        **QUICK | {"quantisation": Quantisation(8, updates="ema")} | options
    ),
    "sqvae": lambda **options: SQVAE(**QUICK | options),
    "sqvae, IV": lambda **options: SQVAE(
        **QUICK | {"quantisation": StochasticQuantisation(8, variance="IV")} | options
    ),
    "sqvae, vmf": lambda **options: SQVAE(
        **QUICK | {"quantisation": StochasticQuantisation(8, variance="vmf")} | options
    ),
    "rvqvae": lambda **options: RVQVAE(sets=SetRules(warmup_epochs=1), **QUICK | options),
}


@pytest.fixture(params=DETECTORS)
def build(request: pytest.FixtureRequest):
    return DETECTORS[request.param]


@pytest.mark.parametrize(
    ("X", "map_shape"), [(vectors(), (3,)), (grey_images(), (5, 4)), (colour_images(), (4, 4))]
)
@pytest.mark.parametrize("members", [1, 2])
def test_codes_go_out_and_come_back(build, X, map_shape, members):
    detector = build(n_members=members).fit(X)
    codes = detector.encode_codes(X)
    assert codes.shape == (len(X), *((members,) if members > 1 else ()), *map_shape)
    assert 0 <= codes.min() <= codes.max() < 8
    decoded = detector.decode_codes(codes)
    assert decoded.shape == X.shape
    np.testing.assert_allclose(decoded, detector.reconstruct(X), rtol=1e-4, atol=1e-4)
    assert (detector.codes_used_ <= 8).all()
    assert (detector.codebook_perplexity_ <= detector.codes_used_ + 1e-4).all()


@pytest.mark.parametrize("quantizer", ["rotation", "simvq", "residual", "fsq", "lfq"])
def test_a_modern_quantizer_is_one_setting_away(quantizer, tmp_path):
    quick = QUICK | {"quantisation": Quantisation(16, quantizer=quantizer), "n_members": 2}
    X = grey_images()
    detector = VQVAE(**quick, codebook_training={"batch_norm": True}).fit(X)
    codes = detector.encode_codes(X)
    np.testing.assert_allclose(detector.decode_codes(codes), detector.reconstruct(X), rtol=1e-4, atol=1e-4)
    detector.save(tmp_path / "model")
    restored = load(tmp_path / "model")
    np.testing.assert_array_equal(restored.score_samples(X), detector.score_samples(X))
    np.testing.assert_array_equal(restored.sample(4, random_state=0), detector.sample(4, random_state=0))


SLICES = {"n_codes": 4, "n_slices": 2}
SLICED = {
    "vqvae": lambda **options: VQVAE(codebook_training=True, **options),
    "vqvae, ema": lambda **options: VQVAE(
        **options | {"quantisation": Quantisation(4, n_slices=2, updates="ema")}
    ),
    "sqvae": lambda **options: SQVAE(**options),
    "rvqvae": lambda **options: RVQVAE(sets=SetRules(warmup_epochs=1), codebook_training=True, **options),
}


@pytest.mark.parametrize("name", SLICED)
@pytest.mark.parametrize(("X", "map_shape"), [(vectors(), (4,)), (grey_images(), (5, 8))])
def test_a_place_may_have_a_code_of_each_of_several_codebooks(name, X, map_shape, tmp_path):
    quick = QUICK | {"quantisation": SLICES, "n_members": 2}
    detector = SLICED[name](**quick).fit(X)
    codes = detector.encode_codes(X)
    assert codes.shape == (len(X), 2, *map_shape)
    np.testing.assert_array_equal(codes // 4 % 2, np.broadcast_to(np.arange(map_shape[-1]) % 2, codes.shape))
    np.testing.assert_allclose(detector.decode_codes(codes), detector.reconstruct(X), rtol=1e-4, atol=1e-4)
    assert detector.codebook_perplexity_.shape == detector.codes_used_.shape == (2, 2)
    assert (detector.codebook_perplexity_ <= 4 + 1e-4).all()
    sampled = detector.fit_prior().prior_.sample(30, [torch.Generator().manual_seed(k) for k in range(2)])
    assert torch.equal(sampled // 4, (torch.arange(codes[0, 0].size) % 2).expand_as(sampled))
    detector.save(tmp_path / "model")
    restored = load(tmp_path / "model")
    np.testing.assert_array_equal(restored.score_samples(X), detector.score_samples(X))
    np.testing.assert_array_equal(restored.sample(4, random_state=0), detector.sample(4, random_state=0))
    assert np.isfinite(detector.bits_per_dim(X)).all()


def test_codes_of_the_wrong_slice_are_refused():
    detector = VQVAE(**QUICK | {"quantisation": SLICES}).fit(vectors())
    with pytest.raises(UsageError, match="got code 5 at position 2, expected 0 to 3: each of the 2 slices"):
        detector.decode_codes(np.array([[0, 4, 5, 4]]))


def test_slices_divide_the_positions_of_a_vector_and_need_a_codebook():
    with pytest.raises(UsageError, match="n_positions=3, expected a multiple of n_slices=2"):
        Quantisation(n_positions=3, n_slices=2)
    with pytest.raises(UsageError, match="n_slices=2, expected 1 for quantizer='fsq'"):
        Quantisation(16, n_slices=2, quantizer="fsq")


def test_all_codes_of_a_place_count_for_its_pixels():
    nets, images = {"codes_a_position": 3}, grey_images()  # 12 codes in a line of 8 pixels
    quick = QUICK | {"quantisation": SLICES, "scoring": "likelihood"}
    detector = VQVAE(nets=nets, **quick).fit(images)
    assert detector.map_shape_ == (5, 24)
    sums = detector.explain(images).sum((1, 2))
    np.testing.assert_allclose(sums, -detector.score_samples(images), rtol=1e-4)


def test_samples_look_like_rows_and_follow_the_seed(build):
    for X in (vectors(), grey_images()):
        detector = build().fit(X)
        first = detector.sample(5, random_state=3)
        assert first.shape == (5, *X.shape[1:])
        assert np.isfinite(first).all()
        np.testing.assert_array_equal(first, detector.sample(5, random_state=3))
        again = build().fit(X)
        np.testing.assert_array_equal(first, again.sample(5, random_state=3))


def test_members_sample_in_turn(build):
    assert build(n_members=2).fit(vectors()).sample(5, random_state=0).shape == (5, 6)


def test_a_fitted_prior_travels_with_a_pickle(build):
    detector = build().fit(vectors()).fit_prior()
    restored = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(restored.sample(4, random_state=0), detector.sample(4, random_state=0))
    np.testing.assert_array_equal(restored.encode_codes(vectors()), detector.encode_codes(vectors()))


def test_rows_can_be_scored_by_the_likelihood_of_their_codes(build):
    detector = build(scoring="likelihood").fit(vectors())
    scores = detector.score_samples(vectors())
    assert (scores <= 0).all()
    assert (scores >= -3 * np.log(8) * 5).all()


def test_an_unlikely_code_is_laid_over_the_pixels_of_its_cell(build):
    images = grey_images()
    detector = build(scoring="likelihood").fit(images)
    contributions = detector.explain(images)
    np.testing.assert_allclose(contributions.sum((1, 2)), -detector.score_samples(images), rtol=1e-4)
    assert detector.map_shape_ == (5, 4)  # of 9 x 8 pixels: two columns a cell
    np.testing.assert_allclose(contributions[..., ::2], contributions[..., 1::2], rtol=1e-5)


@pytest.mark.parametrize("map_shape", [(3,), (2, 2)])
def test_a_label_decides_what_is_sampled(map_shape):
    labels = torch.arange(64).view(1, 64, 1) % 2
    n_positions = math.prod(map_shape)
    codes = torch.cat([(2 * labels).expand(-1, -1, n_positions), labels], dim=-1)  # 0 0 0 | 0 or 2 2 2 | 1
    generators = [torch.Generator().manual_seed(0)]
    prior = CodePrior(map_shape, 4, n_labels=2)
    prior.fit(codes, TrainingConfig(epochs=30, batch_size=16, learning_rate=0.01), [0], generators)
    for label in (0, 1):
        made = prior.sample(50, generators, torch.full((1, 50), label))
        assert (made == 2 * label).float().mean() > 0.95


def test_a_conditional_prior_asks_for_labels():
    detector = VQVAE(**QUICK).fit(vectors())
    detector.fit_prior(labels=np.arange(60) % 3)
    assert detector.sample(4, labels=[0, 1, 2, 0], random_state=0).shape == (4, 6)
    for labels, said in [
        (None, "fitted with labels: sample takes labels too"),
        ([7], "got the label 7, expected one below 3"),
        ([0, 1], "expected 1 integers"),
    ]:
        with pytest.raises(UsageError, match=said):
            detector.sample(1, labels=labels)
    with pytest.raises(UsageError, match="conditional on labels"):
        detector.bits_per_dim(vectors())
    with pytest.raises(UsageError, match="expected 60 integers"):
        detector.fit_prior(labels=[0.5])


def test_bits_per_dim_are_those_of_a_known_density():
    """One code: the bound is a Gaussian around the decoder's only row, and no bits for codes."""
    rng = np.random.default_rng(0)
    X = 3 + 2 * rng.normal(size=(4000, 5))
    detector = VQVAE(
        quantisation=Quantisation(2, n_positions=1), epochs=3, latent_dim=1, prior_epochs=5, random_state=0
    ).fit(X)
    entropy = 0.5 * np.log2(2 * np.pi * np.e * 4)  # what no density can beat, and a useless code attains
    assert detector.bits_per_dim(X).mean() == pytest.approx(entropy, abs=0.15)
    assert detector.bits_per_dim(10 * X).mean() > entropy + 1


@pytest.mark.parametrize("make", [vectors, grey_images, colour_images])
def test_neither_codes_nor_scores_depend_on_the_rows_beside(build, make):
    """In single precision a position between two codes would take the one or the other by rounding."""
    X = make(60)
    detector = build().fit(X)
    singly = [X[i : i + 1] for i in range(len(X))]
    scores = detector.score_samples(X)
    np.testing.assert_allclose(
        np.concatenate([detector.score_samples(x) for x in singly]), scores, rtol=1e-9, atol=1e-9
    )
    codes = detector.encode_codes(X)
    np.testing.assert_array_equal(np.concatenate([detector.encode_codes(x) for x in singly]), codes)


def test_bad_codes_are_refused(build):
    detector = build().fit(vectors())
    codes = detector.encode_codes(vectors())
    for wrong, said in [
        (codes[:, :1], "got codes of shape"),
        (codes.astype(float), "expected integers"),
        (codes + 100, "expected 0 to"),
    ]:
        with pytest.raises(UsageError, match=said):
            detector.decode_codes(wrong)


@pytest.mark.parametrize(
    ("detector", "said"),
    [
        (VQVAE(quantisation={"n_codes": 1}), "n_codes=1"),
        (VQVAE(quantisation={"updates": "emma"}), "updates='emma'.*did you mean 'ema'"),
        (VQVAE(codebook_training="yes"), "codebook_training='yes'"),
        (VQVAE(prior_epochs=0), "prior_epochs=0"),
        (SQVAE(quantisation={"variance": "V"}), "variance='V'"),
        (SQVAE(quantisation={"temperature": 0}), "temperature=0"),
        (SQVAE(training={"steps": 0}), "steps=0"),
        (SQVAE(batch_size=0), "batch_size=0"),
        (RVQVAE(sets={"outlier_share": 0.5}), "outlier_share=0.5"),
        (RVQVAE(sets={"membership": "vote"}), "membership='vote'"),
        (RVQVAE(sets={"directions": "up"}), "directions='up'"),
        (RVQVAE(quantisation={"beta": -1}), "beta=-1"),
        (SQVAE(quantisation=Quantisation()), "expected a StochasticQuantisation"),
        (VQVAE(quantisation={"quantizer": "fsk"}), "quantizer='fsk'.*did you mean 'fsq'"),
        (VQVAE(quantisation={"quantizer": "lfq", "n_codes": 9}), "n_codes=9, expected a power of two"),
        (VQVAE(quantisation={"quantizer": "residual", "n_codes": 8}), "n_codes=8, expected a number to"),
        (VQVAE(quantisation={"quantizer": "fsq"}, latent_dim=7), "latent_dim=7, expected None"),
        (VQVAE(quantisation={"quantizer": "simvq"}, codebook_training=True), "not replaced one by one"),
        (RVQVAE(quantisation={"quantizer": "lfq"}), "quantizer='lfq', expected 'nearest'"),
    ],
)
def test_parameters_out_of_range_are_refused(detector, said):
    with pytest.raises(UsageError, match=said):
        detector.fit(vectors())


def test_a_budget_of_batches_is_spent_in_whole_passes_and_ends_at_the_temperature():
    detector = SQVAE(quantisation={"temperature": 0.2}, training={"steps": 10}, random_state=0).fit(vectors())
    assert detector.history_.epochs == 5  # of two batches of 32 rows
    quantizer = detector.net_.quantizer
    assert float(torch.exp(-quantizer.cooling * quantizer.steps)) == pytest.approx(0.2)


def test_stochastic_codes_harden_by_themselves():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(8, 3)), 16, axis=0) + 0.02 * rng.normal(size=(128, 3))
    detector = SQVAE(
        quantisation={"n_codes": 8, "n_positions": 2},
        **{"latent_dim": 2, "hidden_dims": (32,), "batch_size": 64, "learning_rate": 1e-2},
        training={"steps": 400},
        random_state=0,
    ).fit(X)
    kl = detector.history_["kl"][:, 0]  # two log 8 minus the entropy
    assert float(detector.net_.quantizer.log_variance) < math.log(0.8)  # s^2 is 1 at the start
    assert 2 * math.log(8) - kl[-1] < 0.85 * (2 * math.log(8) - kl[0])


def test_robust_codebook_training_uses_more_codes():
    X = load_digits().images[:500]
    plain, robust = (
        VQVAE(quantisation=Quantisation(64), epochs=12, codebook_training=training, random_state=0).fit(X)
        for training in (False, True)
    )
    assert robust.codebook_perplexity_[0] > plain.codebook_perplexity_[0]
    assert robust.noise_[0] < plain.noise_[0]
    assert robust.history_["codes_used"][-1, 0] > 32


def test_a_bypassed_quantizer_starts_when_the_schedule_says():
    training = CodebookTraining(bypass_epochs=2)
    detector = VQVAE(quantisation=Quantisation(8), epochs=4, codebook_training=training, random_state=0).fit(
        vectors()
    )
    assert (detector.history_["commitment"][:2] == 0).all()
    assert (detector.history_["commitment"][2:] > 0).all()


@pytest.mark.parametrize(
    "detector",
    [VQVAE(codebook_training=CodebookTraining(bypass_epochs=8)), RVQVAE(sets=SetRules(warmup_epochs=8))],
    ids=["vqvae", "rvqvae"],
)
def test_a_bypass_is_no_plateau(detector):
    """Nothing improves so fast as is asked for here: the first epoch that counts is the last but one."""
    impatient = {"patience": 1, "min_improvement": 1.0}
    detector.set_params(epochs=20, quantisation={"n_codes": 8}, training=impatient, random_state=0).fit(
        vectors()
    )
    assert detector.history_.stopped_at == 10
    assert float(detector.net_.strength) == 1


def test_the_outliers_of_a_dirty_set_stay_out_of_the_inlier_set():
    """Zeros, and a third as many images of noise of the same mean brightness."""
    X = load_digits().images
    zeros = X[load_digits().target == 0]
    noise = np.random.default_rng(0).permuted(zeros.reshape(-1, 64), axis=1).reshape(-1, 8, 8)[:60]
    dirty, outlier = np.concatenate([zeros, noise]), np.arange(len(zeros) + 60) >= len(zeros)
    detector = RVQVAE(
        quantisation=Quantisation(16), sets=SetRules(warmup_epochs=10), epochs=25, random_state=0
    ).fit(dirty)
    assert outlier[detector.support_].mean() < 0.03
    assert detector.outlier_fraction_ == pytest.approx(outlier.mean(), abs=0.08)
    codes = detector.encode_codes(dirty[detector.support_]).reshape(detector.codes_[0].shape)
    np.testing.assert_array_equal(detector.codes_[0], codes)
    for scoring in ("codebooks", "reconstruction", "sum"):
        detector.set_params(scoring=scoring)
        assert roc_auc_score(outlier, -detector.score_samples(dirty)) > 0.95


@pytest.fixture(scope="module")
def two_clouds() -> tuple[np.ndarray, np.ndarray, RVQVAE]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    X[:30] += 6
    return X, np.arange(300) < 30, RVQVAE(epochs=20, random_state=0).fit(X)


@pytest.mark.parametrize("radius", [100, 1e4])
@pytest.mark.parametrize("scoring", ["codebooks", "contrast", "reconstruction", "sum"])
def test_a_far_row_is_an_outlier_in_any_direction(two_clouds, scoring, radius):
    X, _, detector = two_clouds
    directions = np.random.default_rng(1).normal(size=(200, 5))
    far = radius * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    detector.set_params(scoring=scoring)
    assert detector.score_samples(far).max() < detector.score_samples(X).min()


@pytest.fixture(scope="module")
def zeros_and_noise() -> np.ndarray:
    """150 zeros, and as many images of noise with their brightness: neither is the larger group."""
    zeros = load_digits().images[load_digits().target == 0][:150]
    noise = np.random.default_rng(0).permuted(zeros.reshape(-1, 64), axis=1).reshape(-1, 8, 8)
    return np.concatenate([zeros, noise])


PARTED = {"quantisation": {"n_codes": 16}, "sets": {"warmup_epochs": 10}, "epochs": 20, "random_state": 0}


@pytest.mark.parametrize("first", [0, 150])
def test_rows_that_are_trusted_tell_the_sides_apart(zeros_and_noise, first):
    trusted = range(first, first + 10)
    detector = RVQVAE(**PARTED).fit(zeros_and_noise, Answers(normal=trusted))
    assert detector.support_.mean() == pytest.approx(0.51, abs=0.03)
    assert detector.support_[first : first + 150].mean() > 0.95


def test_sides_of_one_size_that_nothing_tells_apart_are_warned_of(zeros_and_noise, monkeypatch):
    places = torch.arange(300)
    undecided = Anchors(places, places % 2 == 0, places[:0])
    monkeypatch.setattr("robustgen.detectors.rvqvae.anchors_of", lambda rows, trusted: undecided)
    with pytest.warns(UserWarning, match="parted the rows into 5.% and 4.%"):
        RVQVAE(**PARTED).fit(zeros_and_noise)


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_short_training_ends_quantised(epochs):
    for detector in (
        RVQVAE(epochs=epochs, quantisation=Quantisation(4), random_state=0),
        VQVAE(epochs=epochs, quantisation=Quantisation(4), codebook_training=True, random_state=0),
    ):
        detector.fit(vectors())
        assert float(detector.net_.strength) == 1
        made = detector.decode_codes(detector.encode_codes(vectors()))
        np.testing.assert_allclose(made, detector.reconstruct(vectors()), rtol=1e-6, atol=1e-6)
