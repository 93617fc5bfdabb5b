"""What models say of rows that they have not seen."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from robustgen._seeds import seed_from
from robustgen.densities.ensemble import MODELS, errors_of

LEAST_ROWS = 2
"""Of a half: fewer have no spread."""


def held_out_errors(rows: Tensor, reference: Tensor, models: Sequence[str], seed: int) -> Tensor:
    """Return the errors of rows by models of one half of a reference sample: of the half without them.

    A model finds the rows that it was fitted to better than others like them, all the more the fewer they
    are and the more there is to fit; told from such errors, rows outside the sample stick out for no other
    reason. Rows outside it are scored by the models of the first half.

    Parameters
    ----------
    rows : Tensor of float64, (n, d)
        In the units of the models.
    reference : Tensor of bool, (n,)
        The sample. Of fewer than four rows both halves are all of them: nothing is held out then.
    models : sequence of str
        M names in ``MODELS``.
    seed : int
        Of what is drawn.

    Returns
    -------
    Tensor, (M, n)
        The errors, in each model's own unit.

    References
    ----------
    Stone, "Cross-Validatory Choice and Assessment of Statistical Predictions", J. R. Stat. Soc. B 36
    (1974), for errors on rows that were held out.

    Examples
    --------
    >>> rows = torch.tensor([[0.0], [0.0], [1.0], [1.0], [9.0]], dtype=torch.float64)
    >>> held_out_errors(rows, rows[:, 0] < 9, ["neighbours"], seed=0).shape
    torch.Size([1, 5])
    """
    first, second = _halves(reference, seed)
    by_first, by_second = (
        torch.stack([errors_of(MODELS[name](rows[half], seed), rows) for name in models])
        for half in (first, second)
    )
    return torch.where(first, by_second, by_first)


def _halves(reference: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    places = reference.nonzero().squeeze(1)
    if len(places) < 2 * LEAST_ROWS:
        return reference, reference
    order = torch.randperm(len(places), generator=torch.Generator().manual_seed(seed_from(seed, "halves")))
    first = torch.zeros_like(reference)
    first[places[order[::2]]] = True
    return first, reference & ~first
