"""The model of directions is made of textbook cosines, and no row is a witness of its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity

from robustgen.densities.cosine import (
    cosines_between,
    dissimilarity_at_scales,
    fit_cosine_model,
    unit_rows,
)
from tests.densities.texts import corrupted

TEXTS = corrupted(30)
KEPT = torch.arange(180) < 100


def model(X=TEXTS):
    return fit_cosine_model(unit_rows(X), KEPT)


def pairwise(X) -> torch.Tensor:
    return cosines_between(unit_rows(X), unit_rows(X))


def dense(X) -> torch.Tensor:
    return torch.from_numpy(X.toarray())


def test_cosines_are_scikit_learns():
    found = cosines_between(unit_rows(TEXTS), unit_rows(TEXTS[:50]))
    np.testing.assert_allclose(found.numpy(), cosine_similarity(TEXTS, TEXTS[:50]), atol=1e-12)


def test_the_scales_are_the_five_the_twenty_and_all_nearest():
    nearest = np.sort(cosine_similarity(TEXTS[100:], TEXTS[:100]), axis=1)
    expected = 1 - np.stack([nearest[:, -k:].mean(1) for k in (5, 20, 100)])
    errors = dissimilarity_at_scales(pairwise(TEXTS)[100:, :100])
    np.testing.assert_allclose(errors.numpy(), expected)


def test_all_nearest_are_the_mean_direction():
    sample = unit_rows(TEXTS[:100]).toarray()
    expected = 1 - unit_rows(TEXTS[100:]) @ sample.mean(0)
    errors = dissimilarity_at_scales(pairwise(TEXTS)[100:, :100])
    np.testing.assert_allclose(errors[2].numpy(), expected)


def test_a_row_of_the_sample_gets_what_it_gets_without_itself():
    own = pairwise(TEXTS)[:1, :100]
    torch.testing.assert_close(dissimilarity_at_scales(own), dissimilarity_at_scales(own[:, 1:]))


def test_a_copy_is_a_witness():
    copied = torch.tensor([[1.0, 1.0, 0.5, 0.3]])
    torch.testing.assert_close(dissimilarity_at_scales(copied), 1 - torch.tensor([[1.8 / 3]] * 3))


@pytest.mark.parametrize("n_rows", [1, 2, 5, 6, 20, 21])
def test_few_rows_are_enough(n_rows):
    assert torch.isfinite(dissimilarity_at_scales(pairwise(TEXTS)[:, :n_rows])).all()


def test_the_length_of_a_row_does_not_matter():
    lengths = np.random.default_rng(0).uniform(0.1, 9, size=(180, 1))
    longer = TEXTS.multiply(lengths).tocsr()
    torch.testing.assert_close(model(longer)(dense(longer)), model()(dense(TEXTS)))


def test_the_grade_of_the_median_training_row_is_zero():
    grades = model()(dense(TEXTS))
    torch.testing.assert_close(grades.quantile(0.5, dim=1), torch.zeros(3, dtype=torch.float64))


def test_a_row_without_words_is_the_most_outlying():
    grades = model()(torch.cat([dense(TEXTS), torch.zeros(1, 2000, dtype=torch.float64)])).mean(0)
    assert grades[-1] == grades.max()


def test_the_rows_given_are_left_as_they_are():
    X = TEXTS.copy()
    X.data[0] = 0
    before = X.copy()
    unit_rows(X)
    assert (X.data == before.data).all()
    assert (X.indptr == before.indptr).all()
