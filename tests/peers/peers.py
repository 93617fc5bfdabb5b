"""Every peer of the registry by its name, made small where it is slow; the rows that they are tried on."""

from __future__ import annotations

from typing import Any

import numpy as np

from robustgen.registry import DETECTORS, build, resolve, takes_answers

#: What makes a slow detector fast enough for a test, without changing what it is.
SMALL: dict[str, dict[str, Any]] = {
    "deepsvdd": {"epochs": 30},
    "dif": {"n_ensemble": 5},
    "inne": {"n_estimators": 50},
    "lunar": {"n_epochs": 30},
    "pyod-autoencoder": {"epoch_num": 5},
    "pyod-vae": {"epoch_num": 5},
    "autoencoder-trimmed": {"parameters": {"epochs": 10}},
}
#: Those that need more training rows than a batch of the deep ones has.
HUNGRY = ("knn-50", "knn-50-trimmed")

NAMES = [
    name
    for name, spec in DETECTORS.items()
    if not spec.use.startswith("robustgen:") and not takes_answers(spec)  # these know nothing without answers
]


def make(name: str, **parameters: Any) -> Any:
    """Build the peer of that name, with a seed."""
    return build(resolve(name, parameters={**SMALL.get(name, {}), **parameters}), random_state=1)


def cloud(n: int, *, far: int = 0, seed: int = 0) -> np.ndarray:
    """Return n rows of a Gaussian cloud in 4 columns, then `far` rows 12 away on all sides."""
    rng = np.random.default_rng(seed)
    away = rng.normal(size=(far, 4))
    return np.concatenate([rng.normal(size=(n, 4)), 12 * away / np.linalg.norm(away, axis=1, keepdims=True)])
