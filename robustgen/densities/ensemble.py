"""Unlike models of one reference sample, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.gaussian import Gaussian, fit_gaussian
from robustgen.densities.mixture import Clusters, fit_clusters
from robustgen.densities.neighbours import Neighbours, fit_neighbours

Model = Gaussian | Clusters | Neighbours

MODELS: dict[str, Callable[[Tensor, int], Model]] = {
    "gaussian": fit_gaussian,
    "mixture": fit_clusters,
    "neighbours": fit_neighbours,
}
"""How each model is fitted to standardised rows (R, d) with a seed."""
BLOCK_ROWS = 1024
CONSTANT = 1e-9
"""The largest deviation that is rounding, in the scaled units of the training rows."""


@storable
@dataclass(frozen=True)
class Grading:
    r"""Errors measured by those of the training rows, and compressed.

    .. math:: g = \mathrm{sign}(u) \log(1 + |u|), \qquad u = (e - m) / s

    with m the median of the training rows' errors and s its distance to their first decile: inliers
    set the unit, and one far row does not outvote the other models.

    Attributes
    ----------
    median, spread : Tensor, ()
        m and s > 0.

    Examples
    --------
    >>> fit_grading(torch.arange(11.0))(torch.tensor([5.0, 1.0, 9.0]))
    tensor([ 0.0000, -0.6931,  0.6931])
    """

    median: Tensor
    spread: Tensor

    def __call__(self, errors: Tensor) -> Tensor:
        """Return the grades of errors (B,): 0 is the median training row, larger = more outlying."""
        u = (errors - self.median.to(errors)) / self.spread.to(errors)
        return u.sign() * u.abs().log1p()


def fit_grading(errors: Tensor) -> Grading:
    """Learn the unit from the errors (n,) of the training rows; 1 where a tenth of them are the median."""
    lower, median = errors.quantile(errors.new_tensor([0.1, 0.5]))
    spread = median - lower
    return Grading(median, torch.where(spread > 0, spread, 1))


@storable
@dataclass(frozen=True)
class Consensus:
    """Models of one reference sample, each with its own grading.

    Attributes
    ----------
    center, scale : Tensor, (d,)
        Mean of the sample's columns, and what they are measured in: their standard deviation, 1 for a
        constant one, unless something else was given.
    models : tuple of Gaussian, Clusters and Neighbours
        The M models.
    gradings : tuple of Grading
        Their gradings.
    """

    center: Tensor
    scale: Tensor
    models: tuple[Model, ...]
    gradings: tuple[Grading, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """Return what each model says of rows (B, d): grades (M, B), where M may be 0."""
        rows = self.standardised(x)
        pairs = zip(self.models, self.gradings, strict=True)
        grades = [grade(model(rows)) for model, grade in pairs]
        return torch.stack(grades) if grades else rows.new_empty(0, len(rows))

    def standardised(self, x: Tensor) -> Tensor:
        """Return rows (B, d) in the units of the models."""
        return (x - self.center.to(x)) / self.scale.to(x)


def standardisation(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each column of (R, d), 1 for one constant but for rounding."""
    spread = rows.std(0, correction=0)
    return rows.mean(0), torch.where(spread > CONSTANT, spread, 1)


def fit_consensus(
    rows: Tensor, reference: Tensor, models: Sequence[str], seed: int, *, scale: Tensor | None = None
) -> Consensus:
    """Fit models to the rows of reference, and grade them by all rows.

    Parameters
    ----------
    rows : Tensor of float64, (n, d)
        The training rows.
    reference : Tensor of bool, (n,)
        Which of them the models are fitted to.
    models : sequence of str
        Names in ``MODELS``.
    seed : int
        Of what is drawn.
    scale : Tensor, (d,), or None
        What the columns are measured in; ``None`` takes their standard deviations in the reference.

    Returns
    -------
    Consensus
        The fitted models.

    Examples
    --------
    >>> rows = torch.arange(20, dtype=torch.float64)[:, None]
    >>> consensus = fit_consensus(rows, rows[:, 0] < 15, ["gaussian", "neighbours"], seed=0)
    >>> grades = consensus(rows).mean(0)
    >>> bool(grades[19] > grades[:15].max())
    True
    """
    center, deviation = standardisation(rows[reference])
    scale = deviation if scale is None else scale
    standardised = (rows - center) / scale
    fitted = tuple(MODELS[name](standardised[reference], seed) for name in models)
    gradings = tuple(fit_grading(errors_of(model, standardised)) for model in fitted)
    return Consensus(center, scale, fitted, gradings)


def errors_of(model: Model, rows: Tensor) -> Tensor:
    """Return the errors (n,) of standardised rows (n, d), block by block."""
    return torch.cat([model(block) for block in rows.split(BLOCK_ROWS)])
