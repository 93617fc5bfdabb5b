"""How good samples are, judged in a feature space: distance, fidelity, diversity.

Written by hand because torch-fidelity, which has the first two, computes them from images through
networks of its own and not from features; each is a few lines of numpy. Rows are compared with rows
in blocks, so memory grows with the number of rows only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

Features = NDArray[np.float64]

ROUNDING = 1e-12
"""What a squared distance may be off by, over the squared norms: a ball holds the row that it reaches to."""


def frechet_distance(real: Features, generated: Features) -> float:
    r"""Return the squared Frechet distance of two Gaussians fitted to features.

    .. math::
        \lVert \mu_r - \mu_g \rVert^2 + \mathrm{tr}\left(\Sigma_r + \Sigma_g
        - 2 (\Sigma_r^{1/2} \Sigma_g \Sigma_r^{1/2})^{1/2}\right)

    Parameters
    ----------
    real, generated
        (n, d) and (m, d), two rows at least.

    References
    ----------
    Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
    Equilibrium", NIPS 2017, equation 6.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(50, 3))
    >>> round(frechet_distance(rows, rows + 2.0), 6)
    12.0
    """
    shift = real.mean(0) - generated.mean(0)
    first, second = np.cov(real.T, ddof=0), np.cov(generated.T, ddof=0)
    root = _root(np.atleast_2d(first))
    cross = np.linalg.eigvalsh(root @ np.atleast_2d(second) @ root).clip(min=0)
    return float(shift @ shift + np.trace(np.atleast_2d(first + second)) - 2 * np.sqrt(cross).sum())


def _root(covariance: Features) -> Features:
    values, vectors = np.linalg.eigh(covariance)
    root: Features = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    return root


def precision_recall(real: Features, generated: Features, *, n_neighbors: int = 3) -> tuple[float, float]:
    """Return improved precision and recall.

    Precision is the share of generated rows that lie in a ball around a real row which reaches
    to its k-th real neighbour; recall is the same with the roles exchanged.

    Parameters
    ----------
    real, generated
        (n, d) and (m, d), more rows than neighbours.
    n_neighbors
        k.

    References
    ----------
    Kynkaanniemi et al., "Improved Precision and Recall Metric for Assessing Generative
    Models", NeurIPS 2019, equations 1 and 2.

    Examples
    --------
    >>> rows = np.arange(9.0)[:, None]
    >>> precision_recall(rows, rows), precision_recall(rows, rows + 100)
    ((1.0, 1.0), (0.0, 0.0))
    """
    real, generated = _centred(real, generated)
    precision = (_balls_around(real, generated, n_neighbors) > 0).mean()
    recall = (_balls_around(generated, real, n_neighbors) > 0).mean()
    return float(precision), float(recall)


def density_coverage(real: Features, generated: Features, *, n_neighbors: int = 5) -> tuple[float, float]:
    """Return density and coverage.

    Density is how many balls of real rows a generated row lies in, over k; it may exceed 1.
    Coverage is the share of real rows whose ball holds a generated row.

    Parameters
    ----------
    real, generated
        (n, d) and (m, d), more rows than neighbours.
    n_neighbors
        k.

    References
    ----------
    Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", ICML 2020,
    equations 3 and 4.

    Examples
    --------
    >>> rows = np.arange(12.0)[:, None]
    >>> density_coverage(rows, rows + 100)
    (0.0, 0.0)
    """
    real, generated = _centred(real, generated)
    density = _balls_around(real, generated, n_neighbors).mean() / n_neighbors
    nearest, _ = NearestNeighbors(n_neighbors=1).fit(generated).kneighbors(real)
    coverage = (nearest[:, 0] <= _radii(real, n_neighbors)).mean()
    return float(density), float(coverage)


def _centred(real: Features, generated: Features) -> tuple[Features, Features]:
    """Move the mean of the real rows to 0: a far origin would cost the distances their digits."""
    mean = real.mean(0, dtype=np.float64)
    return real - mean, generated - mean


def _radii(rows: Features, n_neighbors: int) -> Features:
    """Return the distance of each row to its k-th neighbour among the others."""
    distances, _ = NearestNeighbors(n_neighbors=n_neighbors + 1).fit(rows).kneighbors(rows)
    radii: Features = distances[:, -1]
    return radii


def _balls_around(centres: Features, rows: Features, n_neighbors: int) -> NDArray[np.intp]:
    """Count the balls of the centres that each row lies in."""
    radii = _radii(centres, n_neighbors)
    return np.concatenate([_held(centres, radii, part) for part in _blocks(rows)])


def _held(centres: Features, radii: Features, rows: Features) -> NDArray[np.intp]:
    norms = (rows**2).sum(1)[:, None] + (centres**2).sum(1)
    squared = norms - 2 * rows @ centres.T
    held: NDArray[np.intp] = np.count_nonzero(squared <= radii**2 + ROUNDING * norms, axis=1)
    return held


def _blocks(rows: Features, size: int = 1024) -> list[Features]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def generation_report(
    real: Features, generated: Features, is_inlier: NDArray[np.bool_]
) -> dict[str, float | None]:
    """Return all measures of samples by name.

    Parameters
    ----------
    real
        Features (n, d) of clean inliers that no model was trained on.
    generated
        Features (m, d) of the samples.
    is_inlier
        Which samples (m,) a classifier trained on clean labels takes for inliers.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(50, 3))
    >>> sorted(generation_report(rows, rows, np.ones(50, dtype=bool)))
    ['coverage', 'density', 'frechet', 'gen_precision', 'gen_recall', 'inlier_fraction']
    """
    precision, recall = precision_recall(real, generated)
    density, coverage = density_coverage(real, generated)
    return {
        "inlier_fraction": float(is_inlier.mean()),
        "frechet": frechet_distance(real, generated),
        "gen_precision": precision,
        "gen_recall": recall,
        "density": density,
        "coverage": coverage,
    }
