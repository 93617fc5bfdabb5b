"""Members: what each model says of training rows and of test rows, larger = more outlying.

Every model is fitted to training rows only, and scores a test row without regard to the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.covariance import MinCovDet
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

from robustgen import MAW, RSRAE, VAE, Autoencoder
from robustgen.densities.gaussian import Gaussian, fit_gaussian

Rows = NDArray[np.float64]
Errors = NDArray[np.float64]
Pair = tuple[Errors, Errors]
WIDEST_MCD = 50
"""Columns: a covariance of more is singular or takes minutes; wider rows are projected first."""


def forest(X: Rows, T: Rows, seed: int = 0, trees: int = 100) -> Pair:
    model = IsolationForest(n_estimators=trees, random_state=seed).fit(X)
    return -model.score_samples(X), -model.score_samples(T)


def distances(X: Rows, T: Rows, own: NDArray[np.intp] | None = None) -> torch.Tensor:
    """Return distances (T, X), infinite from a row to itself."""
    found = torch.cdist(torch.from_numpy(T), torch.from_numpy(X))
    if own is not None:
        found[own, torch.arange(len(own))] = torch.inf
    return found


def nearest(found: torch.Tensor, k: int) -> Errors:
    return found.topk(max(1, min(k, found.shape[1] - 1)), largest=False).values.mean(1).numpy()


def neighbours(k: int) -> Callable[[Rows, Rows], Pair]:
    return lambda X, T: (nearest(distances(X, X, np.arange(len(X))), k), nearest(distances(X, T), k))


def lof(X: Rows, T: Rows) -> Pair:
    model = LocalOutlierFactor(n_neighbors=min(20, len(X) - 1), novelty=True).fit(X)
    return -model.negative_outlier_factor_, -model.score_samples(T)


def tails(X: Rows, T: Rows) -> Pair:
    """Minus the mean over columns of the log share of training rows as far out or farther, either side."""
    n, ordered = len(X), np.sort(X, axis=0)

    def errors(R: Rows) -> Errors:
        total = np.zeros(len(R))
        for column, values in zip(ordered.T, R.T, strict=True):
            below = np.searchsorted(column, values, "right")
            above = n - np.searchsorted(column, values, "left")
            total -= np.log((np.minimum(below, above) + 0.5) / (n + 1))
        return total / X.shape[1]

    return errors(X), errors(T)


def histograms(X: Rows, T: Rows) -> Pair:
    """Minus the sum of log counts over ten bins a column; a value more than a bin outside counts as 0."""
    n = len(X)
    totals = [np.zeros(len(X)), np.zeros(len(T))]
    for j in range(X.shape[1]):
        low, high = X[:, j].min(), X[:, j].max()
        if high <= low:
            continue
        width = (high - low) / 10
        counts = np.r_[np.bincount(np.minimum((X[:, j] - low) / width, 9).astype(int), minlength=10), 0]
        for total, R in zip(totals, (X, T), strict=True):
            v = R[:, j]
            place = np.clip((v - low) / width, 0, 9).astype(int)
            place[(v < low - width) | (v > high + width)] = 10
            total -= np.log((counts[place] + 0.5) / (n + 1))
    return totals[0], totals[1]


def gaussian(X: Rows, *others: Rows) -> list[Errors]:
    model = fit_gaussian(torch.from_numpy(X), 0)
    return [model(torch.from_numpy(rows)).numpy() for rows in others]


def log_determinant(model: Gaussian, width: int) -> float:
    return float(model.variances.log().sum() + (width - len(model.variances)) * model.floor.log())


def shrunk_mcd(X: Rows, T: Rows, share: float = 0.5) -> Pair:
    """The Gaussian of the half of least shrunk determinant: iterative trimming from three robust starts."""
    size = int(np.ceil(share * len(X)))
    median = np.median(X, axis=0)
    spread = 1.4826 * np.median(np.abs(X - median), axis=0)
    Z = (X - median) / np.where(spread > 1e-9, spread, X.std(0) + 1e-12)
    wide = nearest(distances(X, X, np.arange(len(X))), max(2, int(0.3 * len(X))))
    starts = [np.minimum(np.abs(Z), 3).__pow__(2).sum(1), tails(X, X)[0], wide]
    found = [_trimmed(X, start, size) for start in starts]
    best = min(
        found, key=lambda chosen: log_determinant(fit_gaussian(torch.from_numpy(X[chosen]), 0), X.shape[1])
    )
    errors = gaussian(X[best], X, T)
    return errors[0], errors[1]


def _trimmed(X: Rows, start: Errors, size: int) -> NDArray[np.intp]:
    chosen = np.sort(np.argsort(start, kind="stable")[:size])
    for _ in range(12):
        (errors,) = gaussian(X[chosen], X)
        better = np.sort(np.argsort(errors, kind="stable")[:size])
        if np.array_equal(better, chosen):
            break
        chosen = better
    return chosen


def peer_mcd(X: Rows, T: Rows) -> Pair:
    """scikit-learn's MCD, which PyOD's is."""
    if X.shape[1] > WIDEST_MCD:
        project = PCA(min(WIDEST_MCD, len(X) // 2), random_state=0).fit(X)
        X, T = project.transform(X), project.transform(T)
    model = MinCovDet(random_state=0).fit(X)
    return model.mahalanobis(X), model.mahalanobis(T)


def peer_pca(X: Rows, T: Rows) -> Pair:
    """PyOD's PCA: the sum over axes of squares over variances, all of them, unshrunk."""
    model = PCA(random_state=0).fit(X)
    variance = np.maximum(model.explained_variance_, 1e-10)
    return tuple((model.transform(R) ** 2 / variance).sum(1) for R in (X, T))


def ocsvm(X: Rows, T: Rows) -> Pair:
    model = OneClassSVM().fit(X)
    return -model.decision_function(X), -model.decision_function(T)


def autoencoders(scaling: str, seed: int, members: int = 4) -> Callable[[Rows, Rows], Pair]:
    def fitted(X: Rows, T: Rows) -> Pair:
        model = Autoencoder(
            loss="l21", scaling=scaling, robust=True, n_members=members, epochs=30, random_state=seed
        ).fit(X)
        return -model.score_samples(X), -model.score_samples(T)

    return fitted


OF_ALL_ROWS: dict[str, Callable[[Rows, Rows], Pair]] = {
    "iforest": forest,
    "knn5": neighbours(5),
    "knn50": neighbours(50),
    "lof": lof,
    "tails": tails,
    "hist": histograms,
    "gauss": lambda X, T: tuple(gaussian(X, X, T)),
    "mcd": shrunk_mcd,
    "pca": peer_pca,
    "ocsvm": ocsvm,
    "ae_rob": autoencoders("robust", 1),
}
LATER: dict[str, Callable[[Rows, Rows], Pair]] = {
    "peer_mcd": peer_mcd,
    "ae_std": autoencoders("standard", 0),
}
"""A detector that no rule needs, and a screener that earlier trials found to add nothing: fitted last."""


def _of_paper(detector: type[RSRAE] | type[MAW] | type[VAE]) -> Callable[[Rows, Rows], Pair]:
    def fitted(X: Rows, T: Rows) -> Pair:
        model = detector(scaling="robust", robust=True, n_members=4, epochs=30, random_state=0).fit(X)
        return -model.score_samples(X), -model.score_samples(T)

    return fitted


OF_PAPERS: dict[str, Callable[[Rows, Rows], Pair]] = {
    "rsrae": _of_paper(RSRAE),
    "maw": _of_paper(MAW),
    "vae": _of_paper(VAE),
}
"""The papers' models, robustly trained on median scaling."""


def core_neighbours(R: Rows, X: Rows, T: Rows, own: NDArray[np.intp], k: int = 5) -> Pair:
    return nearest(distances(R, X, own), k), nearest(distances(R, T), k)


def _of_core(member: Callable[[Rows, Rows], Pair]):
    """Let a model of all rows learn the core: it scores training rows as it does test rows."""

    def fitted(R: Rows, X: Rows, T: Rows, own: NDArray[np.intp]) -> Pair:
        errors = member(R, np.vstack([X, T]))[1]
        return errors[: len(X)], errors[len(X) :]

    return fitted


def halved_gaussian(R: Rows, X: Rows, T: Rows, own: NDArray[np.intp]) -> Pair:
    """The Gaussian; training rows of the core are scored by the half of the core without them."""
    order = np.random.default_rng(0).permutation(len(R))
    halves = order[::2], order[1::2]
    errors = gaussian(R, X, T)
    if len(R) >= 4:
        for learnt, left in (halves, halves[::-1]):
            errors[0][own[left]] = gaussian(R[learnt], R[left])[0]
    return errors[0], errors[1]


OF_CORE = {
    "gauss": _of_core(lambda X, T: tuple(gaussian(X, X, T))),
    "gauss_out": halved_gaussian,
    "knn5": core_neighbours,
    "forest": _of_core(forest),
    "hist": _of_core(histograms),
    "tails": _of_core(tails),
    "lof": _of_core(lof),
}
"""Models of a core R in its own standard units, which score all training rows X and test rows T."""
