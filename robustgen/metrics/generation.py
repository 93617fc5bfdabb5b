"""How good samples are, judged in a feature space: distance, fidelity, diversity.

Written by hand because torch-fidelity, which has the first two, computes them from images through
networks of its own and not from features; each is a few lines of numpy. Rows are compared with rows
in blocks, so memory grows with the number of rows only, and by differences: a product of far rows has
no digits left for the distance of near ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Features = NDArray[np.float64]


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
    first, second = _centred_root(real), _centred_root(generated)
    # The singular values of A B^T are the roots of the eigenvalues of S_r S_g, with all their digits.
    common = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    spread = (first**2).sum() + (second**2).sum() - 2 * common
    return float(shift @ shift + max(spread, 0.0))


def _centred_root(rows: Features) -> Features:
    """Return A with A^T A the covariance of rows (n, d), which has at most d rows."""
    centred = (rows - rows.mean(0)) / np.sqrt(len(rows))
    return np.asarray(np.linalg.qr(centred, mode="r")) if len(rows) > rows.shape[1] else centred


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
    density = _balls_around(real, generated, n_neighbors).mean() / n_neighbors
    nearest = np.concatenate([cdist(part, generated).min(1) for part in _blocks(real)])
    coverage = (nearest <= _radii(real, n_neighbors)).mean()
    return float(density), float(coverage)


def _radii(rows: Features, n_neighbors: int) -> Features:
    """Return the distance of each row to its k-th neighbour among the others."""
    parts = [np.partition(cdist(part, rows), n_neighbors, axis=1)[:, n_neighbors] for part in _blocks(rows)]
    return np.concatenate(parts)


def _balls_around(centres: Features, rows: Features, n_neighbors: int) -> NDArray[np.intp]:
    """Count the balls of the centres that each row lies in."""
    reach = _radii(centres, n_neighbors)
    return np.concatenate([np.count_nonzero(cdist(part, centres) <= reach, axis=1) for part in _blocks(rows)])


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
