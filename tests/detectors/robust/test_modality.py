"""The types of rows: what each promises, whatever it is compared by. A new one adds a line."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

import robustgen
from robustgen import Autoencoder, RobustDetector
from robustgen.densities.clumping import with_lonely
from robustgen.densities.ensemble import MODELS, MODELS_OF_ALL, MODELS_OF_LONELY
from robustgen.detectors.robust.modality import WIDE, Clips, Images, Signals, Text, Vectors, WideVectors
from robustgen.detectors.robust.screening import CHOOSABLE
from tests.detectors.builders import clips, colour_images, grey_images, signals, text, vectors, words


def wide(n_rows: int = 60, seed: int = 0) -> np.ndarray:
    """Return rows of four factors in many columns, and noise."""
    rng = np.random.default_rng(seed)
    loadings = np.random.default_rng(99).normal(size=(4, WIDE))
    return rng.normal(size=(n_rows, 4)) @ loadings + 0.3 * rng.normal(size=(n_rows, WIDE))


KINDS = {
    "vectors": (Vectors, vectors()),
    "wide vectors": (WideVectors, wide()),
    "sparse vectors": (Vectors, text()),
    "images": (Images, colour_images(30)),
    "grey images": (Images, grey_images(30)),
    "signals": (Signals, signals(30)),
    "clips": (Clips, clips(30)),
    "words": (Text, words()),
    "words, dense": (Text, words().toarray()),
}
EVERY_KIND = pytest.mark.parametrize(("kind", "X"), KINDS.values(), ids=KINDS)
CHEAP = {"epochs": 2, "n_members": 2, "random_state": 0}
PARTS = {
    "one screener": {"screeners": ("forest",)},
    "one model": {"models": ("gaussian",)},
    "all": {
        "screeners": CHOOSABLE,
        "models": ("autoencoder", *MODELS, *MODELS_OF_ALL, *MODELS_OF_LONELY),
    },
}


@EVERY_KIND
def test_the_type_of_rows_is_decided_once(kind, X):
    detector = RobustDetector(**CHEAP).fit(X)
    assert type(detector.modality_) is kind
    assert detector.choice_ == kind.usual
    assert (detector.description_ is None) == (kind is not Images)


def test_text_is_vectors_where_parts_are_chosen():
    assert isinstance(RobustDetector(models=("gaussian",), **CHEAP).fit(words()).modality_, Vectors)


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
    assert type(loaded.modality_) is kind
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
    ("screeners", "robust", "learnt"),
    [(("autoencoder",), True, lambda _: slice(None)), (("forest",), False, lambda kept: kept)],
    ids=["all rows where they screen", "the rows that were selected where not"],
)
def test_autoencoders_learn(screeners, robust, learnt):
    X = vectors()
    detector = RobustDetector(screeners=screeners, models=("gaussian",), **CHEAP).fit(X)
    alone = Autoencoder(loss="l21", scaling="robust", robust=robust, **CHEAP)
    alone.fit(X[learnt(detector.reference_)])
    np.testing.assert_array_equal(detector.transform(X), alone.transform(X))


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_loose_group_does_not_pass_for_normal_in_a_wide_table(share):
    """Its rows are hardly nearer to each other than to any, but all lie to one side."""
    rng = np.random.default_rng(1)
    train = rng.normal(size=(300, WIDE))
    train[: int(300 * share)] += 1
    inliers = rng.normal(size=(200, WIDE))
    detector = RobustDetector(random_state=0).fit(train)
    errors = -detector.score_samples(np.vstack([inliers, inliers + 1]))
    assert roc_auc_score(np.repeat([0, 1], 200), errors) > 0.99


def test_all_that_do_not_clump_are_learnt_in_a_wide_table():
    rng = np.random.default_rng(1)
    inliers, scattered = wide(300), 1.5 * rng.normal(size=(20, WIDE))
    rows = np.vstack([inliers, scattered, scattered[0] + 4 + 0.05 * rng.normal(size=(60, WIDE))])
    clean = torch.arange(380) < 150
    learnt = with_lonely(torch.from_numpy(rows), clean).numpy()
    assert learnt[:300].mean() > 0.9
    assert not learnt[320:].any()
