"""The tails of single columns, and which peers score a row by the other rows of the call."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.registry import SCORED_TOGETHER
from tests.peers.peers import NAMES, cloud, make


@pytest.mark.parametrize("name", NAMES)
def test_a_score_depends_on_the_rows_of_the_call_for_those_that_are_marked_only(name):
    detector = make(name).fit(cloud(200, far=10))
    rows = cloud(36, far=4, seed=1)
    together = detector.score_samples(rows)
    alone = np.concatenate([detector.score_samples(row[None]) for row in rows[::4]])
    spread = together.std() + 1e-12
    assert (np.abs(together[::4] - alone).max() > 1e-3 * spread) == (name in SCORED_TOGETHER)


def test_a_row_is_the_less_normal_the_farther_out_one_of_its_columns_is():
    peer = make("tails").fit(cloud(100))
    scores = peer.score_samples(np.outer([0.0, 1.0, 9.0], [0.0, 0.0, 1.0, 0.0]))
    assert list(scores.argsort()) == [2, 1, 0]
