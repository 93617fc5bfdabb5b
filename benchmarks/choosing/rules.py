"""What makes scores of kept members: screeners, selections, weights and sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.covariance import oas

from benchmarks.choosing.cells import Mask, Rows
from benchmarks.choosing.kept import Kept
from benchmarks.choosing.members import Errors, Pair, distances, nearest

Rule = Callable[[Kept], Errors]
BLUR = 0.15
TINIEST = 1e-12


def single(name: str) -> Rule:
    return lambda kept: kept.test(name)


def suspicion(kept: Kept, screeners: Sequence[str]) -> Errors:
    """Return the mean rank of each training row over the screeners."""
    return np.mean([rankdata(kept.train(name)) for name in screeners], axis=0)


def best(suspected: Errors, share: float) -> Mask:
    size = max(2, int(np.ceil(share * len(suspected))))
    chosen = np.zeros(len(suspected), dtype=bool)
    chosen[np.argsort(suspected, kind="stable")[:size]] = True
    return chosen


def grade(train: Errors, errors: Errors) -> Errors:
    """Return the signed logarithm of errors in units of the training rows' lower half."""
    tenth, median = np.quantile(train, [0.1, 0.5])
    unit = median - tenth if median > tenth else 1.0
    u = (errors - median) / unit
    return np.sign(u) * np.log1p(np.abs(u))


@dataclass(frozen=True)
class Design:
    """One design of the default: every part can be left out or changed, to see what it is worth.

    Weights of models: ``core`` and ``extended`` in those rows, ``trusted`` in the trusted rows, ``all`` of
    all rows. ``lonely`` moves weight from the core to the extended rows, ``joint`` to joint models.
    """

    screeners: tuple[str, ...] = ("ae_rob", "iforest", "mcd", "tails")
    core_share: float = 0.5
    trusted_share: float = 0.7
    company: float = 0.2
    far: float = 10.0
    core: dict[str, float] = field(default_factory=lambda: {"gauss": 1, "knn5": 1})
    extended: dict[str, float] = field(default_factory=lambda: {"gauss": 1, "knn5": 1})
    trusted: dict[str, float] = field(default_factory=lambda: {"forest": 2})
    all: dict[str, float] = field(default_factory=lambda: {"ae_rob": 1})
    lonely: float = 1.0
    gain: float = 2.0
    joint: tuple[float, float] | None = (0.25, 3.0)
    largest: float = 1.2

    def __call__(self, kept: Kept) -> Errors:
        return self.scores(kept)[1]

    def but(self, **changes) -> Design:
        return replace(self, **changes)

    def scores(self, kept: Kept) -> Pair:
        """Return the scores of training rows and of test rows."""
        parts = self.parts(kept)
        total = sum(weight for weight, _ in parts)
        return tuple(sum(w * grade(pair[0], pair[i]) for w, pair in parts) / total for i in (0, 1))

    def parts(self, kept: Kept) -> list[tuple[float, Pair]]:
        """Return the weight of each model and its errors on training and test rows."""
        core, trusted, extended, loneliness = self.selections(kept)
        up = self.joint_factor(kept)
        moved = self.lonely * loneliness
        named = [
            *_weighted(self.core, 1 - moved, kept.core(core, *self.core)),
            *_weighted(self.extended, 1 + self.gain * moved, kept.core(extended, *self.extended)),
            *_weighted(self.trusted, 1, kept.core(trusted, *self.trusted)),
            *_weighted(self.all, 1, {n: (kept.train(n), kept.test(n)) for n in self.all}),
        ]
        return [(w * up ** SIDE.get(name, 0), pair) for name, w, pair in named]

    def selections(self, kept: Kept) -> tuple[Mask, Mask, Mask, float]:
        """Return core, trusted rows, these with lonely suspects, and the share of suspects so."""
        suspected = suspicion(kept, self.screeners)
        core, trusted = best(suspected, self.core_share), best(suspected, self.trusted_share)
        key = f"logs/{self.trusted_share}/{'+'.join(self.screeners)}"
        logs, far = kept.statistic(key, lambda X: company(X, trusted))
        lonely = logs > -self.company
        loneliness = float(lonely[~trusted].mean()) if not trusted.all() else 1.0
        return core, trusted, trusted | (lonely & (far <= self.far)), loneliness

    def joint_factor(self, kept: Kept) -> float:
        if self.joint is None:
            return 1.0
        key = f"jointness/{self.trusted_share}/{'+'.join(self.screeners)}"
        trusted = best(suspicion(kept, self.screeners), self.trusted_share)
        gain = float(kept.statistic(key, lambda X: jointness(X[trusted])))
        middle, slope = self.joint
        return float(np.exp(np.clip(slope * (gain - middle), -self.largest, self.largest)))


SIDE = {"gauss": 1, "knn5": 1, "lof": 1, "forest": -1, "iforest": -1, "hist": -1, "tails": -1}
"""1: models of all columns together; -1: of one at a time."""


def _weighted(
    weights: dict[str, float], factor: float, pairs: dict[str, Pair]
) -> list[tuple[str, float, Pair]]:
    return [(name, weight * factor, pairs[name]) for name, weight in weights.items()]


def company(X: Rows, trusted: Mask) -> NDArray[np.float64]:
    """Return each row's log distance to all rows less that to the trusted, and how far it is."""
    center, scale = X[trusted].mean(0), X[trusted].std(0)
    Z = (X - center) / np.where(scale > 1e-9, scale, 1)
    found = distances(Z, Z)
    found.fill_diagonal_(torch.inf)
    to_all, to_trusted = nearest(found, 5), nearest(found[:, torch.from_numpy(trusted)], 5)
    unit = max(np.median(to_trusted[trusted]), TINIEST)
    return np.stack([np.log((to_all + TINIEST) / (to_trusted + TINIEST)), to_trusted / unit])


def jointness(R: Rows) -> float:
    """Return the held-out log-likelihood a column of a Gaussian less that of independent columns."""
    scale = R.std(0)
    varied = scale > 1e-9
    R = (R[:, varied] - R[:, varied].mean(0)) / scale[varied]
    order = np.random.default_rng(0).permutation(len(R))
    halves = order[::2], order[1::2]
    gains = np.sort(np.concatenate([_gains(R[a], R[b]) for a, b in (halves, halves[::-1])]))
    return float(gains[len(gains) // 20 : len(gains) - len(gains) // 20].mean() / max(1, R.shape[1]))


def _gains(learnt: Rows, left: Rows) -> Errors:
    center = learnt.mean(0)
    covariance = oas(learnt - center, assume_centered=True)[0] + BLUR**2 * np.eye(learnt.shape[1])
    variances, factor = np.diag(covariance), np.linalg.cholesky(covariance)
    y = left - center
    together = (np.linalg.solve(factor, y.T) ** 2).sum(0) + 2 * np.log(np.diag(factor)).sum()
    return 0.5 * ((y**2 / variances).sum(1) + np.log(variances).sum() - together)


DEFAULT = Design()
SKETCH = Design(
    joint=None,
    lonely=0,
    core={"gauss": 1, "knn5": 1},
    extended={},
    trusted={},
    all={"hist": 1, "knn5": 1, "ae_rob": 1},
)
"""Section 3 of tables.md, without its second autoencoders."""
OTHERS = {
    n: single(n) for n in ("iforest", "knn5", "knn50", "peer_mcd", "lof", "hist", "tails", "pca", "ocsvm")
}
