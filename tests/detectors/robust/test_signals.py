"""The default on signals: whatever description an outlier shows in, it is found, without being told which."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from robustgen import RobustDetector, Signals

CHEAP = {"epochs": 1, "n_members": 1, "random_state": 0}
N_POINTS = 64


def tones(rng: np.random.Generator, n_signals: int, period: float = 16.0) -> np.ndarray:
    """Return tones at random phases in noise, (n, 1, 64)."""
    phases = rng.uniform(0, 2 * np.pi, size=(n_signals, 1, 1))
    tone = np.sin(2 * np.pi * np.arange(N_POINTS) / period + phases)
    return tone + 0.2 * rng.normal(size=(n_signals, 1, N_POINTS))


def spiked(rng: np.random.Generator, n_signals: int) -> np.ndarray:
    signals = tones(rng, n_signals)
    signals[np.arange(n_signals), 0, rng.integers(N_POINTS, size=n_signals)] += 4
    return signals


def frozen(rng: np.random.Generator, n_signals: int) -> np.ndarray:
    signals = tones(rng, n_signals)
    signals[..., 20:45] = signals[..., 20:21]
    return signals


FAULTS = {
    "spike": spiked,
    "frozen": frozen,
    "other period": lambda rng, n: tones(rng, n, period=12.0),
    "louder": lambda rng, n: 1.6 * tones(rng, n),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_faults_among_the_training_signals_are_found_again(fault):
    rng = np.random.default_rng(0)
    train = Signals(np.concatenate([tones(rng, 120), fault(rng, 40)]))
    test = np.concatenate([tones(rng, 60), fault(rng, 60)])
    detector = RobustDetector(**CHEAP).fit(train)
    assert roc_auc_score(np.arange(120) >= 60, -detector.score_samples(test)) > 0.9


def test_a_spike_is_explained_by_where_it_stands():
    rng = np.random.default_rng(0)
    detector = RobustDetector(**CHEAP).fit(Signals(tones(rng, 120)))
    struck = tones(rng, 20)
    struck[:, 0, 30] += 6
    assert (detector.explain(struck)[:, 0].argmax(1) == 30).mean() > 0.9


def test_the_unit_of_the_signals_says_nothing():
    rng = np.random.default_rng(0)
    X = tones(rng, 80)
    scores = RobustDetector(**CHEAP).fit(Signals(X)).score_samples(X)
    moved = RobustDetector(**CHEAP).fit(Signals(1000 * X + 7)).score_samples(1000 * X + 7)
    np.testing.assert_allclose(moved, scores, rtol=1e-5, atol=1e-6)
