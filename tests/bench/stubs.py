"""Detectors that do one thing each; at module level, so that other processes can import them."""

from __future__ import annotations

import os
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np

REPAIRED = "ROBUSTGEN_TEST_REPAIRED"


class Centre:
    """Scores by the distance from the mean of the training rows, with a touch of its own noise."""

    def __init__(self, *, power: float = 1.0, random_state: int | None = None) -> None:
        self.power = power
        self.random_state = random_state

    def fit(self, X):
        self.mean_ = self._flat(X).mean(axis=0)
        self.noise_ = np.random.default_rng(self.random_state).normal(scale=1e-6)
        self.offset_ = float(np.quantile(self.score_samples(X), 0.1))
        return self

    def score_samples(self, X):
        distance = np.linalg.norm(self._flat(X) - self.mean_, axis=1)
        return -(distance**self.power) * (1 + self.noise_)

    @staticmethod
    def _flat(X):
        return np.asarray(X, dtype=float).reshape(len(X), -1)


class Trembling(Centre):
    """Scores whole distances, one digit after another of which is off in every call."""

    calls = 0

    def score_samples(self, X):
        Trembling.calls += 1
        rng = np.random.default_rng(Trembling.calls)
        return super().score_samples(X).round(-2) * (1 + 1e-13 * rng.normal(size=len(X)))


class DecisionOnly:
    """Has a decision function and nothing else."""

    def fit(self, X):
        self.mean_ = X.mean(axis=0)
        return self

    def decision_function(self, X):
        return -np.linalg.norm(X - self.mean_, axis=1)


class Failing(Centre):
    """Raises, after two lines of complaint, until `REPAIRED` is set: another process sees that, too."""

    def fit(self, X):
        if REPAIRED in os.environ:
            return super().fit(X)
        raise ArithmeticError("the matrix\nis singular")


class Parrot(Centre):
    """Generates its training rows again."""

    def fit(self, X):
        self.X_ = X
        return super().fit(X)

    def sample(self, n_samples=1, *, random_state=None):
        return self.X_[np.random.default_rng(random_state).integers(len(self.X_), size=n_samples)]


class Noise(Parrot):
    """Generates noise in the range of its training rows."""

    def sample(self, n_samples=1, *, random_state=None):
        rng = np.random.default_rng(random_state)
        return rng.uniform(self.X_.min(), self.X_.max(), size=(n_samples, *self.X_.shape[1:]))


class Scribbling(Centre):
    """Writes over its training rows."""

    def fit(self, X):
        super().fit(X)
        X[...] = 0
        return self


class NotFinite(Centre):
    """Forgets to score a row."""

    def score_samples(self, X):
        score = super().score_samples(X)
        score[0] = np.nan
        return score


class Short(Centre):
    """Scores all rows but one."""

    def score_samples(self, X):
        return super().score_samples(X)[1:]


class Endless(Centre):
    """Never comes back."""

    def fit(self, X):
        while True:
            self.mean_ = X.mean(axis=0)


class Worried(Centre):
    """Warns the user, and the developer."""

    def fit(self, X):
        warnings.warn("did not\nconverge", UserWarning, stacklevel=1)
        warnings.warn("old fashioned", DeprecationWarning, stacklevel=1)
        return super().fit(X)


class Deadly(Centre):
    """Takes its process with it."""

    def fit(self, X):
        os.kill(os.getpid(), signal.SIGKILL)


class Quitting(Centre):
    """Wants to end the program."""

    def fit(self, X):
        sys.exit("no licence")


class Hungry(Centre):
    """Takes half a GiB before it looks at the rows."""

    def fit(self, X):
        self.block_ = np.ones(2**26)
        return super().fit(X)


class DeadlyOnce(Centre):
    """Takes its process with it as long as a file is there, and the file too."""

    def __init__(self, *, path: str, random_state: int | None = None) -> None:
        super().__init__(random_state=random_state)
        self.path = path

    def fit(self, X):
        if Path(self.path).exists():
            Path(self.path).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(X)


class Recorder(Centre):
    """Remembers what it was built with."""

    def __init__(self, *, device: str = "auto") -> None:
        super().__init__()
        self.device = device


class Scoreless:
    """Fits, and has no score."""

    def fit(self, X):
        return self


class Swallowing(Centre):
    """Goes on whatever is raised in it."""

    def fit(self, X):
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            try:
                time.sleep(0.05)
            except BaseException:
                continue
        return super().fit(X)
