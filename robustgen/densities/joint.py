"""Models of several descriptions of a row, joined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.ensemble import Ensemble

SHARPNESS = 0.5
"""Between the mean of the descriptions, 0, and the largest of them; see ``reports/signals``."""


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
    """

    ensembles: tuple[Ensemble, ...]
    widths: tuple[int, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """Return the normalised error of rows (B, D), descriptions side by side, by each model, (M, B)."""
        parts = x.split(self.widths, dim=1)
        return soft_maximum(
            torch.stack([model(part) for model, part in zip(self.ensembles, parts, strict=True)])
        )

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of the models, (M,)."""
        return self.ensembles[0].weights

    def part(self, chosen: Sequence[bool]) -> JointEnsemble:
        """Return the ensemble of those models that are chosen, M marks."""
        return JointEnsemble(tuple(model.part(chosen) for model in self.ensembles), self.widths)


def soft_maximum(errors: Tensor) -> Tensor:
    r"""Return what lies between the mean of errors (V, ...) over the first axis and the largest of them.

    .. math:: \frac{1}{\beta} \log \frac{1}{V} \sum_v e^{\beta g_v}, \qquad \beta = \tfrac12

    An outlier may show in one description only, so a mean would hide it; and the maximum would
    listen to the description that is most at random.

    Examples
    --------
    >>> soft_maximum(torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 6.0]]))
    tensor([1.0000, 3.9926])
    """
    return (errors * SHARPNESS).logsumexp(0).sub(math.log(len(errors))) / SHARPNESS
