"""A decoder that is told a label leaves the rest to the codes: conversion keeps them, and samples have it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVC

import robustgen
from robustgen import SQVAE, VQVAE, Signals
from robustgen._checks import UsageError

N_CONTENTS, N_SPEAKERS, N_ROWS, N_POINTS = 4, 2, 160, 32
QUICK = {
    "quantisation": {"n_codes": 4, "n_positions": 1},
    "codebook_training": True,
    "random_state": 0,
    "prior_epochs": 20,
}


def spoken(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what speakers say: the content is how often a tone swings, the speaker is its overtone."""
    rng = np.random.default_rng(seed)
    contents, speakers = rng.integers(0, N_CONTENTS, N_ROWS), rng.integers(0, N_SPEAKERS, N_ROWS)
    phase = 2 * np.pi * (1 + contents)[:, None] * np.arange(N_POINTS) / N_POINTS
    waves = np.sin(phase) + 0.6 * np.where(speakers == 0, 1, -1)[:, None] * np.cos(2 * phase)
    return waves + 0.05 * rng.normal(size=waves.shape), contents, speakers


@pytest.fixture(scope="module")
def learnt() -> VQVAE:
    X, _, speakers = spoken()
    return VQVAE(epochs=100, **QUICK).fit(X, labels=speakers)


def speaker_of(waves: np.ndarray) -> np.ndarray:
    """Return who speaks, as a classifier that was trained apart hears it."""
    X, _, speakers = spoken(seed=1)
    return SVC().fit(X, speakers).predict(waves)


def content_of(waves: np.ndarray) -> np.ndarray:
    """Return how often a tone swings, less 1."""
    return np.abs(np.fft.rfft(waves))[:, 1 : 1 + N_CONTENTS].argmax(1)


def test_samples_of_a_label_are_recognised(learnt):
    wanted = np.arange(60) % N_SPEAKERS
    made = learnt.sample(60, labels=wanted, random_state=0)
    assert np.mean(speaker_of(made) == wanted) >= 0.9


def test_a_converted_row_has_the_other_label_and_its_own_content(learnt):
    X, contents, speakers = spoken(seed=2)
    converted = learnt.convert(X, 1 - speakers)
    assert np.mean(speaker_of(converted) == 1 - speakers) >= 0.9
    assert np.mean(content_of(converted) == contents) >= 0.9
    assert np.mean(learnt.encode_codes(converted) == learnt.encode_codes(X)) >= 0.9


def test_the_own_label_explains_a_row_better_than_the_other(learnt):
    X, _, speakers = spoken(seed=2)
    own, other = (np.square(learnt.convert(X, labels) - X).mean(1) for labels in (speakers, 1 - speakers))
    assert np.mean(own < other) >= 0.95
    assert np.isfinite(learnt.score_samples(X)).all()


def test_a_file_keeps_the_labels(learnt, tmp_path):
    X, _, speakers = spoken(seed=2)
    learnt.save(tmp_path / "model")
    loaded = robustgen.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.convert(X, speakers), learnt.convert(X, speakers))


@pytest.mark.parametrize("build", [VQVAE, SQVAE])
def test_without_labels_nothing_is_told(build):
    X, _, speakers = spoken()
    detector = build(epochs=2, **QUICK).fit(Signals(X[:20]), labels=speakers[:20])
    assert detector.convert(X[:20], 1).shape == (20, 1, N_POINTS)
    detector = detector.fit(X[:20])
    assert detector.n_labels_ == 0
    assert detector.train_labels_ is None
    with pytest.raises(UsageError, match="fitted without"):
        detector.convert(X[:2], 0)


def test_labels_are_checked(learnt):
    X, _, speakers = spoken()
    with pytest.raises(UsageError, match="got labels of shape"):
        VQVAE(epochs=1, **QUICK).fit(X, labels=speakers[:-1])
    with pytest.raises(UsageError, match="got the label 2, expected one below 2"):
        learnt.convert(X, 2)


def test_rows_that_a_person_excludes_take_their_labels_with_them():
    X, _, speakers = spoken()
    odd = np.r_[X, X[:40] + 5]
    answers = np.zeros(len(odd), dtype=int)
    answers[[0, 170]] = 1, -1
    detector = VQVAE(epochs=2, **QUICK).fit(odd, answers, labels=np.r_[speakers, speakers[:40]])
    assert len(detector.train_labels_) == detector.codes_.shape[1] < len(odd)
