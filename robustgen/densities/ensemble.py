"""Several different models fitted to one reference sample, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.gaussian import Gaussian, fit_gaussian
from robustgen.densities.mixture import GaussianMixtureModel, fit_gaussian_mixture
from robustgen.densities.neighbours import Neighbours, fit_neighbours

Model = Gaussian | GaussianMixtureModel | Neighbours

MODELS: dict[str, Callable[[Tensor, int], Model]] = {
    "gaussian": fit_gaussian,
    "mixture": fit_gaussian_mixture,
    "neighbours": fit_neighbours,
}
"""How each model is fitted to standardised rows (R, d) with a seed."""
BLOCK_ROWS = 1024
CONSTANT = 1e-9
"""The largest deviation that is rounding, in the scaled units of the training rows."""


@storable
@dataclass(frozen=True)
class ScoreNormalisation:
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
    >>> fit_score_normalisation(torch.arange(11.0))(torch.tensor([5.0, 1.0, 9.0]))
    tensor([ 0.0000, -0.6931,  0.6931])
    """

    median: Tensor
    spread: Tensor

    def __call__(self, errors: Tensor) -> Tensor:
        """Return the normalised errors (B,): 0 is the median training row, larger = more outlying."""
        u = (errors - self.median.to(errors)) / self.spread.to(errors)
        return u.sign() * u.abs().log1p()


def fit_score_normalisation(errors: Tensor) -> ScoreNormalisation:
    """Learn the unit from the errors (n,) of the training rows; 1 where a tenth of them are the median."""
    lower, median = errors.quantile(errors.new_tensor([0.1, 0.5]))
    spread = median - lower
    return ScoreNormalisation(median, torch.where(spread > 0, spread, 1))


@storable
@dataclass(frozen=True)
class Ensemble:
    """Models of one reference sample, each with its own score normalisation.

    Attributes
    ----------
    center, scale : Tensor, (d,)
        Mean of the sample's columns, and what they are measured in: their standard deviation, 1 for a
        constant one, unless something else was given.
    models : tuple of Gaussian, GaussianMixtureModel and Neighbours
        The M models.
    normalisations : tuple of ScoreNormalisation
        Their score normalisations.
    """

    center: Tensor
    scale: Tensor
    models: tuple[Model, ...]
    normalisations: tuple[ScoreNormalisation, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """Return the normalised score of rows (B, d) by each model, (M, B); M may be 0."""
        rows = self.standardised(x)
        pairs = zip(self.models, self.normalisations, strict=True)
        scores = [normalise(model(rows)) for model, normalise in pairs]
        return torch.stack(scores) if scores else rows.new_empty(0, len(rows))

    def standardised(self, x: Tensor) -> Tensor:
        """Return rows (B, d) in the units of the models."""
        return (x - self.center.to(x)) / self.scale.to(x)


def standardisation(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each column of (R, d), 1 for one constant but for rounding."""
    spread = rows.std(0, correction=0)
    return rows.mean(0), torch.where(spread > CONSTANT, spread, 1)


def fit_ensemble(
    rows: Tensor, reference: Tensor, models: Sequence[str], seed: int, *, scale: Tensor | None = None
) -> Ensemble:
    """Fit models to the rows of reference, and normalise their scores by all rows.

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
    Ensemble
        The fitted models.

    Examples
    --------
    >>> rows = torch.arange(20, dtype=torch.float64)[:, None]
    >>> ensemble = fit_ensemble(rows, rows[:, 0] < 15, ["gaussian", "neighbours"], seed=0)
    >>> scores = ensemble(rows).mean(0)
    >>> bool(scores[19] > scores[:15].max())
    True
    """
    center, deviation = standardisation(rows[reference])
    scale = deviation if scale is None else scale
    standardised = (rows - center) / scale
    fitted = tuple(MODELS[name](standardised[reference], seed) for name in models)
    normalisations = tuple(fit_score_normalisation(errors_of(model, standardised)) for model in fitted)
    return Ensemble(center, scale, fitted, normalisations)


def errors_of(model: Model, rows: Tensor) -> Tensor:
    """Return the errors (n,) of standardised rows (n, d), block by block."""
    return torch.cat([model(block) for block in rows.split(BLOCK_ROWS)])
