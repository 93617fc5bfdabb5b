"""The forest's judgement is scikit-learn's, and its seed says all."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.ensemble import IsolationForest

from robustgen.detectors.robust.screening import isolation

ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(60, 3)))


def test_it_is_the_papers_score():
    expected = -IsolationForest(random_state=5).fit(ROWS).score_samples(ROWS)
    np.testing.assert_array_equal(isolation(ROWS, 5), expected)
    assert (isolation(ROWS, 5) != isolation(ROWS, 6)).any()
