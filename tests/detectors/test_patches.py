"""Textures with planted defects: found and located while fewer than half of the images have some."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import robustgen
from robustgen._checks import UsageError
from robustgen.densities.agreement import distance_to_most
from robustgen.detectors.patches import PatchDetector, register_features
from robustgen.metrics import auroc

SIDE, WIDE = 24, 8


def textures(n, n_defective, seed):
    """Return slanted waves with noise, of which the first have a defect, and where that is."""
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[:SIDE, :SIDE]
    phases = rng.uniform(0, 2 * np.pi, size=(n, 1, 1))
    images = np.sin(2 * np.pi * (0.95 * across + 0.3 * down) / 6 + phases)
    images += 0.4 * rng.normal(size=images.shape)
    masks = np.zeros(images.shape, dtype=bool)
    for place in range(n_defective):
        top, left = rng.integers(1, SIDE - WIDE, 2)
        there = np.s_[place, top : top + WIDE, left : left + WIDE]
        masks[there] = True
        other_way = np.sin(2 * np.pi * (down - 0.3 * across) / 6)[top : top + WIDE, left : left + WIDE]
        images[there] = (0.4 * rng.normal(size=(WIDE, WIDE)), images[there] + 1.5, other_way)[place % 3]
    return images, masks


@pytest.fixture(scope="module")
def dirty():
    return textures(50, 20, seed=0)


@pytest.fixture(scope="module")
def fitted(dirty):
    return PatchDetector(random_state=0).fit(dirty[0])


def test_forty_per_cent_of_defective_images_cost_little(dirty, fitted):
    test, masks = textures(40, 20, seed=1)
    clean = PatchDetector(random_state=0).fit(textures(50, 0, seed=0)[0])
    defective = np.arange(40) < 20
    for detector in (fitted, clean):
        assert auroc(defective, -detector.score_samples(test)) > 0.97
        assert auroc(masks.ravel(), detector.score_map(test).ravel()) > 0.95
    trusting = PatchDetector(support_fraction=1.0, random_state=0).fit(dirty[0])
    assert auroc(masks.ravel(), trusting.score_map(test).ravel()) < 0.95


def test_defects_are_left_out_and_the_rest_of_their_images_is_not(dirty, fitted):
    centres = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(dirty[1])[:, None].double(), (6, 6))[
        :, 0
    ]
    inside, outside = (centres == 1).numpy(), (centres == 0).numpy()
    outside[20:] = False
    assert fitted.clean_patches_[inside].mean() < 0.1
    assert fitted.clean_patches_[outside].mean() > 0.7


def test_an_image_scores_as_its_worst_patch_and_training_images_as_new_ones(dirty, fitted):
    scores, maps = fitted.score_samples(dirty[0]), fitted.score_map(dirty[0])
    np.testing.assert_array_equal(scores, fitted.training_scores_)
    assert maps.shape == dirty[0].shape
    assert (maps.max((1, 2)) <= -scores + 1e-9).all()
    np.testing.assert_allclose(fitted.explain(dirty[0]).sum((1, 2)), -scores)
    assert (fitted.predict(dirty[0]) == -1).sum() == 5


def test_the_same_seed_gives_the_same_scores_and_a_file_keeps_them(dirty, fitted, tmp_path):
    again = PatchDetector(random_state=0).fit(dirty[0])
    np.testing.assert_array_equal(again.training_scores_, fitted.training_scores_)
    fitted.save(tmp_path / "model")
    loaded = robustgen.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.score_map(dirty[0][:3]), fitted.score_map(dirty[0][:3]))


def test_a_callable_may_give_vectors_or_maps_tensors_or_arrays(dirty):
    images = dirty[0][:, None].repeat(2, axis=1)
    seen = []

    def means(batch):
        seen.append((batch.dtype, batch.shape[1:]))
        return batch.mean((2, 3)).numpy()

    vectors = PatchDetector(features=means, random_state=0).fit(images)
    assert seen[0] == (torch.float32, (2, SIDE, SIDE))
    assert vectors.clean_patches_.shape == (50, 1, 1)
    assert vectors.score_map(images).shape == dirty[0].shape
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 4, stride=4), torch.nn.Dropout(0.5)).train()
    maps = PatchDetector(features=module, random_state=0).fit(images)
    assert maps.clean_patches_.shape == (50, 6, 6)
    np.testing.assert_array_equal(maps.score_samples(images), maps.training_scores_)  # no dropout
    assert module.training


def test_features_without_a_name_are_not_saved_and_registered_ones_by_name(dirty, tmp_path):
    nameless = PatchDetector(features=lambda batch: batch.mean((2, 3)), random_state=0).fit(dirty[0])
    for save in (nameless.save, lambda path: robustgen.save(nameless, path)):
        with pytest.raises(UsageError, match="holds"):
            save(tmp_path / "model")
    assert not list(tmp_path.iterdir())
    register_features("means", lambda batch: batch.mean((2, 3)))
    PatchDetector(features="means", random_state=0).fit(dirty[0]).save(tmp_path / "model")
    loaded = robustgen.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.training_scores_, nameless.training_scores_)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ("texture", "nobody has registered here"),
        (3, "expected a name, a callable or a module"),
        (lambda batch: batch.mean((1, 2, 3)), "expected finite vectors"),
        (lambda batch: batch.mean((2, 3)) * float("nan"), "expected finite vectors"),
        (lambda batch: batch[:1].mean((2, 3)), "for 50 images"),
    ],
)
def test_what_are_no_features_is_said(dirty, features, said):
    with pytest.raises(UsageError, match=said):
        PatchDetector(features=features).fit(dirty[0])


def test_rows_of_tables_are_refused():
    with pytest.raises(UsageError, match="expected images"):
        PatchDetector().fit(np.random.default_rng(0).normal(size=(20, 3)))


def test_a_part_that_few_rows_have_is_far_however_alike_those_are():
    parts = torch.zeros(10, 2, 1)
    parts[:4, 1] = 5.0
    parts[4:, 1] = 1.0
    distances = distance_to_most(parts, 0)
    assert distances[:4, 1].tolist() == [4.0] * 4
    assert distances[4:].max() == 0
