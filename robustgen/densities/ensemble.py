"""Several different models of the training rows, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from types import MappingProxyType

import torch
from torch import Tensor

from robustgen._seeds import subsample
from robustgen._storable import storable
from robustgen.densities.clumping import with_lonely
from robustgen.densities.columns import ColumnHistograms, fit_column_histograms
from robustgen.densities.gaussian import Gaussian, fit_gaussian
from robustgen.densities.mixture import GaussianMixtureModel, fit_gaussian_mixture
from robustgen.densities.neighbours import Neighbours, OtherNeighbours, fit_neighbours, fit_other_neighbours

Model = Gaussian | GaussianMixtureModel | Neighbours | OtherNeighbours | ColumnHistograms
Fit = Callable[[Tensor, int], Model]
"""How a model is fitted to standardised rows (R, d) with a seed."""

MODELS: dict[str, Fit] = {
    "gaussian": fit_gaussian,
    "mixture": fit_gaussian_mixture,
    "neighbours": fit_neighbours,
}
"""Models of the reference sample."""
MODELS_OF_ALL: dict[str, Fit] = {
    "histograms": fit_column_histograms,
    "all_gaussian": fit_gaussian,
    "all_neighbours": fit_other_neighbours,
}
"""Models of all training rows."""
MODELS_OF_LONELY: dict[str, Fit] = {"lonely_gaussian": fit_gaussian}
"""Models of the reference sample and of the other rows that do not clump."""
OF_NEIGHBOURS = ("neighbours", "all_neighbours")
"""Models that are rows: a row is scored in the time that it takes to look through them."""
BLOCK_ROWS = 1024
ROUNDING = 1e-13
"""The largest deviation that is rounding, over the median size of the cells of its column."""


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
class Member:
    """A model, the units that it takes rows in, and the unit of its errors.

    Attributes
    ----------
    center, scale : Tensor, (d,)
        Mean of the columns of the rows it was fitted to, and what they are measured in: their standard
        deviation, 1 for a constant one, unless something else was given.
    model : Gaussian, GaussianMixtureModel, Neighbours or ColumnHistograms
        The model.
    normalisation : ScoreNormalisation
        Of its errors.
    weight : float
        Its part in the mean over the members, at least 0.
    """

    center: Tensor
    scale: Tensor
    model: Model
    normalisation: ScoreNormalisation
    weight: float

    def __call__(self, x: Tensor) -> Tensor:
        """Return the normalised error (B,) of rows (B, d)."""
        return self.normalisation(self.model((x - self.center.to(x)) / self.scale.to(x)))


@storable
@dataclass(frozen=True)
class Ensemble:
    """Several different models, each with its own score normalisation.

    Attributes
    ----------
    members : tuple of Member
        The M models.
    """

    members: tuple[Member, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """Return the normalised error of rows (B, d) by each model, (M, B); M may be 0."""
        errors = [member(x) for member in self.members]
        return torch.stack(errors) if errors else x.new_empty(0, len(x))

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of the members, (M,)."""
        return tuple(member.weight for member in self.members)

    def part(self, chosen: Sequence[bool]) -> Ensemble:
        """Return the ensemble of those members that are chosen, M marks."""
        return Ensemble(tuple(compress(self.members, chosen)))


def standardisation(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each column of (R, d), 1 for one constant but for rounding."""
    spread = rows.std(0, correction=0)
    return rows.mean(0), torch.where(spread > ROUNDING * rows.abs().median(0).values, spread, 1)


def fit_ensemble(
    rows: Tensor,
    reference: Tensor,
    models: Sequence[str],
    seed: int,
    *,
    scale: Tensor | None = None,
    weights: Mapping[str, float] = MappingProxyType({}),
    most_neighbours: int | None = None,
) -> Ensemble:
    """Fit models to the rows of reference or to all rows, and normalise their errors by all rows.

    Parameters
    ----------
    rows : Tensor of float64, (n, d)
        The training rows.
    reference : Tensor of bool, (n,)
        Which of them the models in ``MODELS`` are fitted to; those in ``MODELS_OF_ALL`` are fitted to all,
        and those in ``MODELS_OF_LONELY`` to these and all that do not clump.
    models : sequence of str
        Names in any.
    seed : int
        Of what is drawn.
    scale : Tensor, (d,), or None
        What the columns are measured in; ``None`` takes their standard deviations in the rows of a model.
    weights : mapping of str to float
        Of the models whose part in the mean is not 1.
    most_neighbours : int or None
        Of how many rows at most a row's neighbours are, drawn from those of the model; ``None`` takes all.

    Returns
    -------
    Ensemble
        The fitted models.

    Examples
    --------
    >>> rows = torch.arange(20, dtype=torch.float64)[:, None]
    >>> ensemble = fit_ensemble(rows, rows[:, 0] < 15, ["gaussian", "neighbours"], seed=0)
    >>> errors = ensemble(rows).mean(0)
    >>> bool(errors[19] > errors[:15].max())
    True
    """

    def member(name: str) -> Member:
        chosen = _learnt_by(name, rows, reference)
        center, deviation = standardisation(rows[chosen])
        unit = deviation if scale is None else scale
        standardised = (rows - center) / unit
        learnt = standardised[chosen]
        if name in OF_NEIGHBOURS and most_neighbours is not None:
            learnt = learnt[subsample(len(learnt), most_neighbours, seed)]
        model = (MODELS | MODELS_OF_ALL | MODELS_OF_LONELY)[name](learnt, seed)
        normalisation = fit_score_normalisation(errors_of(model, standardised))
        return Member(center, unit, model, normalisation, float(weights.get(name, 1.0)))

    return Ensemble(tuple(member(name) for name in models))


def _learnt_by(name: str, rows: Tensor, reference: Tensor) -> Tensor:
    """Return which rows a model is fitted to, (n,)."""
    if name in MODELS_OF_LONELY:
        return with_lonely(rows, reference)
    return reference if name in MODELS else torch.ones_like(reference)


def errors_of(model: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Return the errors (n,) of rows (n, d) in the model's units, block by block."""
    return torch.cat([model(block) for block in rows.split(BLOCK_ROWS)])
