"""What makes scores of kept members: cores, grades, weights and sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks.choosing.cells import Mask, Rows
from benchmarks.choosing.kept import Kept
from benchmarks.choosing.members import Errors, distances, nearest

Rule = Callable[[Kept], Errors]
SCREENERS = ("ae_rob", "iforest", "mcd", "tails")
OF_THE_CORE = ("gauss", "knn5")
OF_ALL = ("hist", "ae_rob")


def single(name: str) -> Rule:
    return lambda kept: kept.test(name)


def suspicion(kept: Kept, screeners: Sequence[str] = SCREENERS) -> Errors:
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


def graded(kept: Kept, name: str) -> Errors:
    return grade(kept.train(name), kept.test(name))


def graded_core(kept: Kept, chosen: Mask, names: Sequence[str]) -> list[Errors]:
    return [grade(*pair) for pair in kept.core(chosen, *names).values()]


def company(kept: Kept, screeners: Sequence[str] = SCREENERS, share: float = 0.7) -> NDArray[np.float64]:
    """Return how much nearer to the suspects all rows are than the trusted: quantile .25, mean of the logs."""
    key = f"company/{share}/{'+'.join(screeners)}"
    return kept.statistic(key, lambda X: _company(X, best(suspicion(kept, screeners), share)))


def _company(X: Rows, trusted: Mask) -> NDArray[np.float64]:
    suspects = np.flatnonzero(~trusted)
    if not len(suspects):
        return np.zeros(3)
    found = distances(X, X[suspects])
    found[torch.arange(len(suspects)), torch.from_numpy(suspects)] = torch.inf
    to_all, to_trusted = nearest(found, 5), nearest(found[:, torch.from_numpy(trusted)], 5)
    logs = np.log((to_all + 1e-12) / (to_trusted + 1e-12))
    return np.array([np.quantile(logs, 0.25), logs.mean(), np.quantile(logs, 0.1)])


def jointness(kept: Kept, screeners: Sequence[str] = SCREENERS, share: float = 0.7) -> float:
    """Return what columns tell of each other: held-out log-likelihood a column, Gaussian less independent."""
    key = f"joint/{share}/{'+'.join(screeners)}"
    return float(kept.statistic(key, lambda X: _jointness(X[best(suspicion(kept, screeners), share)])))


BLUR = 0.15**2


def _jointness(R: Rows) -> float:
    scale = R.std(0)
    varied = scale > 1e-9
    R = (R[:, varied] - R[:, varied].mean(0)) / scale[varied]
    order = np.random.default_rng(0).permutation(len(R))
    halves = order[::2], order[1::2]
    gains = np.concatenate([_gains(R[a], R[b]) for a, b in (halves, halves[::-1])])
    kept = np.sort(gains)[len(gains) // 20 : len(gains) - len(gains) // 20]
    return float(kept.mean() / max(1, R.shape[1]))


def _gains(learnt: Rows, left: Rows) -> Errors:
    from sklearn.covariance import oas

    center = learnt.mean(0)
    joint = oas(learnt - center)[0] + BLUR * np.eye(learnt.shape[1])
    apart = np.diag(joint)
    y = left - center
    factor = np.linalg.cholesky(joint)
    together = (np.linalg.solve(factor, y.T) ** 2).sum(0) + 2 * np.log(np.diag(factor)).sum()
    return 0.5 * ((y**2 / apart).sum(1) + np.log(apart).sum() - together)


def ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0, 1))


def blend(
    of_core: dict[str, float],
    of_all: dict[str, float],
    *,
    lonely: dict[str, float] | None = None,
    wide: dict[str, float] | None = None,
    screeners: Sequence[str] = SCREENERS,
    share: float = 0.5,
    wide_share: float = 0.7,
    low: float = -0.3,
    high: float = -0.05,
    joint: tuple[float, float] | None = None,
) -> Rule:
    """Return the weighted mean of grades; ``lonely`` by company, ``wide`` of the larger core.

    ``joint`` = (middle, slope) moves weight between joint models and single columns.
    """

    def rule(kept: Kept) -> Errors:
        suspected = suspicion(kept, screeners)
        parts: list[tuple[str, float, Errors]] = []
        for models, kept_share in ((of_core, share), (wide or {}, wide_share)):
            if models:
                found = graded_core(kept, best(suspected, kept_share), tuple(models))
                parts += [(n, w, g) for (n, w), g in zip(models.items(), found, strict=True)]
        parts += [(n, w, graded(kept, n)) for n, w in of_all.items()]
        if lonely:
            weight = ramp(company(kept, screeners)[1], low, high)
            parts += [(n, w * weight, graded(kept, n)) for n, w in lonely.items()]
        if joint:
            up = np.exp(np.clip(joint[1] * (jointness(kept, screeners) - joint[0]), -1.2, 1.2))
            parts = [(n, w * (up if n in JOINT else 1 / up if n in SINGLE else 1), g) for n, w, g in parts]
        total = sum(w for _, w, _ in parts)
        return sum(w * g for _, w, g in parts) / total

    return rule


JOINT = {"gauss", "knn5", "mcd", "lof", "knn50"}
SINGLE = {"hist", "tails", "forest", "iforest"}
