"""The kinds of rows: what each promises, whatever it is compared by. A new kind adds a line."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import robustgen
from robustgen import Autoencoder, RobustDetector
from robustgen.detectors.robust.modality import Images, Vectors, Words, kind_of
from robustgen.detectors.robust.screening import CHOOSABLE
from tests.detectors.builders import colour_images, grey_images, text, vectors, words

KINDS = {
    "vectors": (Vectors, vectors()),
    "sparse vectors": (Vectors, text()),
    "images": (Images, colour_images(30)),
    "grey images": (Images, grey_images(30)),
    "words": (Words, words()),
    "words, dense": (Words, words().toarray()),
}
EVERY_KIND = pytest.mark.parametrize(("kind", "X"), KINDS.values(), ids=KINDS)
CHEAP = {"epochs": 2, "n_members": 2, "random_state": 0}
PARTS = {
    "one judge": {"judges": ("forest",)},
    "one model": {"models": ("gaussian",)},
    "no vouching": {"vouching": 0},
    "all": {
        "judges": CHOOSABLE,
        "vouching": 1.3,
        "models": ("autoencoder", "gaussian", "mixture", "neighbours"),
    },
}


@EVERY_KIND
def test_rows_are_told_apart_once(kind, X):
    detector = RobustDetector(**CHEAP).fit(X)
    assert type(detector.kind_) is kind
    assert detector.choice_ == kind.usual
    assert (detector.description_ is None) == (kind is not Images)


def test_words_are_vectors_where_they_may_not_be_words():
    assert isinstance(kind_of(words(), words=False), Vectors)


@EVERY_KIND
def test_the_same_seed_gives_the_same_scores(kind, X):
    first, second = (RobustDetector(**CHEAP).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.score_samples(X), second.score_samples(X))
    np.testing.assert_array_equal(first.transform(X), second.transform(X))


@EVERY_KIND
def test_a_file_keeps_all_that_was_learnt(kind, X, tmp_path):
    detector = RobustDetector(**CHEAP).fit(X)
    detector.save(tmp_path / "model")
    loaded = robustgen.load(tmp_path / "model")
    assert type(loaded.kind_) is kind
    for method in ("score_samples", "transform", "reconstruct"):
        np.testing.assert_array_equal(getattr(loaded, method)(X), getattr(detector, method)(X))
    np.testing.assert_array_equal(loaded.reference_, detector.reference_)


@EVERY_KIND
@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_parts_can_be_chosen_for_every_kind(kind, X, parts):
    detector = RobustDetector(**parts, **CHEAP).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert {name: getattr(detector.choice_, name) for name in parts} == parts


@pytest.mark.parametrize(
    ("judges", "robust", "learnt"),
    [(("standard",), True, lambda _: slice(None)), (("forest",), False, lambda kept: kept)],
    ids=["all rows where they judge", "the rows that were kept where not"],
)
def test_autoencoders_learn(judges, robust, learnt):
    X = vectors()
    detector = RobustDetector(judges=judges, **CHEAP).fit(X)
    scaled = detector.scaling_.apply(torch.from_numpy(X)).numpy()
    alone = Autoencoder(loss="l21", scaling=None, robust=robust, **CHEAP)
    alone.fit(scaled[learnt(detector.reference_)])
    np.testing.assert_allclose(detector.transform(X), alone.transform(scaled), rtol=1e-6)
