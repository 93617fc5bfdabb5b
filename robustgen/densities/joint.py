"""Models of several descriptions of a row, joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.ensemble import Ensemble

SHARPNESS = 0.5
"""Between the mean of the descriptions, 0, and the largest of them; see ``reports/signals``."""
SUSPECTED = 0.1
LEAST_SAY = 0.05


@storable
@dataclass(frozen=True)
class JointEnsemble:
    """The same models of several descriptions; a row is as outlying as those say that find it so.

    Attributes
    ----------
    ensembles : tuple of Ensemble
        One a description, each with the same M models.
    widths : tuple of int
        The length of each description.
    shares : tuple of float
        The say of each description; they add up to 1.
    """

    ensembles: tuple[Ensemble, ...]
    widths: tuple[int, ...]
    shares: tuple[float, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """Return the normalised error of rows (B, D), descriptions side by side, by each model, (M, B)."""
        return soft_maximum(errors_by_each(self.ensembles, x.split(self.widths, dim=1)), self.shares)

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of the models, (M,)."""
        return self.ensembles[0].weights

    def part(self, chosen: Sequence[bool]) -> JointEnsemble:
        """Return the ensemble of those models that are chosen, M marks."""
        return JointEnsemble(tuple(model.part(chosen) for model in self.ensembles), self.widths, self.shares)


def join(ensembles: Sequence[Ensemble], parts: Sequence[Tensor]) -> JointEnsemble:
    """Join models of several descriptions of rows, each of which has a say by :func:`shares_of`.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        One a description, V.
    parts : sequence of Tensor
        The descriptions (n, D) of the training rows.
    """
    errors = errors_by_each(ensembles, parts).mean(1)
    return JointEnsemble(tuple(ensembles), tuple(part.shape[1] for part in parts), shares_of(errors))


def errors_by_each(ensembles: Sequence[Ensemble], parts: Sequence[Tensor]) -> Tensor:
    """Return the normalised errors (V, M, B) of rows by each description and model."""
    return torch.stack([model(part) for model, part in zip(ensembles, parts, strict=True)])


def shares_of(errors: Tensor) -> tuple[float, ...]:
    r"""Return how far each description sets those apart that the others suspect, over its own spread.

    .. math::
        w_v \propto \max\Big(0.05, \frac{\mathrm{med}_S\, g_v - \mathrm{med}_T\, g_v}{s_v}\Big)

    S is the tenth of the training rows with the largest mean error by the other descriptions, T the half with
    the smallest, and :math:`s_v` the deviation of :math:`g_v` on T. A description that is noise for these
    rows finds nothing in what the others suspect.

    Parameters
    ----------
    errors : Tensor, (V, n)
        The normalised errors of the training rows by each description, V of 2 or more.

    Returns
    -------
    tuple of float
        V shares that add up to 1.

    Examples
    --------
    >>> errors = torch.arange(60.0).remainder(7).repeat(3, 1)
    >>> errors[:2, 50:] += 20  # what the third description does not see
    >>> [round(share, 1) for share in shares_of(errors)]
    [0.5, 0.5, 0.0]
    """
    said = [_set_apart(own, (errors.sum(0) - own)) for own in errors]
    return tuple(one / sum(said) for one in said)


def _set_apart(own: Tensor, others: Tensor) -> float:
    suspected = own[others >= others.quantile(1 - SUSPECTED)]
    trusted = own[others <= others.median()]
    spread = float(trusted.std(correction=0)) or 1.0
    return max(LEAST_SAY, float(suspected.median() - trusted.median()) / spread)


def soft_maximum(errors: Tensor, shares: Sequence[float]) -> Tensor:
    r"""Return what lies between the mean of errors (V, ...) over the first axis and the largest of them.

    .. math:: \frac{1}{\beta} \log \sum_v w_v e^{\beta g_v}, \qquad \beta = \tfrac12

    An outlier may show in one description only, so a mean would hide it; and the maximum would
    listen to the description that is most at random.

    Parameters
    ----------
    errors : Tensor, (V, ...)
        Normalised errors.
    shares : sequence of float
        w, V of them, which add up to 1.

    Examples
    --------
    >>> soft_maximum(torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 6.0]]), [1 / 3] * 3)
    tensor([1.0000, 3.9926])
    """
    weights = errors.new_tensor(shares).log().view(-1, *[1] * (errors.ndim - 1))
    return (errors * SHARPNESS + weights).logsumexp(0) / SHARPNESS
