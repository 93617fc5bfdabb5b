"""The core of directions is the topic that most rows have, be it tight or loose."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from robustgen.densities.coherence import coherent_subset, likeness, locally_scaled, trimmed
from robustgen.densities.cosine import cosines_between, unit_rows
from tests.densities.texts import corrupted


def cosines(n_outliers: int, inlier_words: int = 40, outlier_words: int = 40) -> torch.Tensor:
    rows = unit_rows(corrupted(n_outliers, inlier_words, outlier_words))
    return cosines_between(rows, rows)


@pytest.mark.parametrize("n_outliers", [0, 30, 75, 120])
@pytest.mark.parametrize("words", [(20, 40), (40, 40), (120, 20)], ids=["tight", "alike", "loose"])
def test_the_core_is_of_the_topic_that_most_rows_have(n_outliers, words):
    core = coherent_subset(cosines(n_outliers, *words), 0.5)
    assert core.sum() == (150 + n_outliers + 1) // 2
    assert core[150:].sum() <= 0.05 * core.sum()


def test_three_tight_topics_do_not_outvote_a_loose_one_as_they_do_without_local_scale():
    similarities = cosines(120, 120, 20).fill_diagonal_(0)
    assert trimmed(similarities, 135)[150:].sum() > 0.5 * 135
    assert trimmed(locally_scaled(similarities), 135)[150:].sum() <= 0.05 * 135


def test_the_order_of_the_rows_does_not_matter():
    given = cosines(75)
    order = torch.from_numpy(np.random.default_rng(0).permutation(225))
    assert torch.equal(coherent_subset(given[order][:, order], 0.5), coherent_subset(given, 0.5)[order])


def test_a_trimmed_part_is_nearest_to_itself():
    similarities = cosines(75).fill_diagonal_(0)
    part = trimmed(similarities, 150)
    agreement = similarities[:, part].topk(20, dim=1).values.mean(1)
    assert agreement[part].min() >= agreement[~part].max()


def test_local_scale_takes_away_what_makes_one_topic_denser_than_another():
    blocks = cosines(75).fill_diagonal_(0)
    blocks[:150, 150:] = blocks[150:, :150] = 0
    denser = torch.where(torch.arange(225) < 150, 1.0, 3.0)
    torch.testing.assert_close(locally_scaled(blocks * denser), locally_scaled(blocks))


def test_likeness_is_the_cosine_of_the_mean_directions_where_rows_are_many():
    rows = unit_rows(corrupted(120))
    part = torch.arange(270) < 150
    means = [rows[mask.numpy()].toarray() for mask in (part, ~part)]
    totals = [np.linalg.norm(own.sum(0)) ** 2 - len(own) for own in means]
    sizes = [len(own) * (len(own) - 1) for own in means]
    expected = means[0].mean(0) @ means[1].mean(0) / np.sqrt(totals[0] / sizes[0] * totals[1] / sizes[1])
    assert likeness(cosines(120).fill_diagonal_(0), part) == pytest.approx(expected)


def test_copies_of_one_part_are_not_like_another_that_shares_nothing():
    blocks = torch.block_diag(torch.ones(5, 5), torch.ones(4, 4)).fill_diagonal_(0)
    part = torch.arange(9) < 5
    assert likeness(blocks, part) == 0
    assert likeness(torch.ones(9, 9).fill_diagonal_(0), part) == pytest.approx(1)


@pytest.mark.parametrize("share", [0.01, 1.0])
def test_two_rows_at_least_and_all_at_most(share):
    assert coherent_subset(cosines(30), share).sum() == (2 if share < 0.5 else 180)


def test_rows_without_a_word_in_common_have_a_core_too():
    assert coherent_subset(torch.eye(9, dtype=torch.float64), 0.5).sum() == 5
