"""How improbable an entry is under a Gaussian decoder: as a density, or on a grid of values."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from robustgen._checks import is_number, require

FLOOR = 1e-3
"""The least standard deviation of a decoder, over the scale of its column."""


def gaussian_surprisal(residual: Tensor, deviation: Tensor, step: float | None = None) -> Tensor:
    r"""Return minus the log probability of each entry, in nats.

    .. math::
        \tfrac12 \log 2 \pi \sigma^2 + \frac{r^2}{2 \sigma^2} \quad \text{or} \quad
        - \log \left( \Phi\Big(\frac{r + h/2}{\sigma}\Big) - \Phi\Big(\frac{r - h/2}{\sigma}\Big) \right)

    Parameters
    ----------
    residual : torch.Tensor
        r, what an entry is from its mean.
    deviation : torch.Tensor
        :math:`\sigma > 0`, which broadcasts.
    step : float or None
        h: neighbouring values of an entry are so far apart, 1 for grey levels, and an entry has the
        probability of its cell. ``None`` takes the density.

    References
    ----------
    Salimans et al., "PixelCNN++", ICLR 2017, section 2.1, for probabilities of cells.

    Examples
    --------
    >>> r, one = torch.tensor([0.0, 1.0]), torch.tensor(1.0)
    >>> gaussian_surprisal(r, one, 1.0).neg().exp()  # of standard normal cells around 0 and 1
    tensor([0.3829, 0.2417])
    """
    if step is None:
        return (residual / deviation).square() / 2 + deviation.log() + math.log(2 * math.pi) / 2
    near = (step / 2 - residual.abs()) / deviation  # the tail is where differences are exact
    above, below = torch.special.log_ndtr(near), torch.special.log_ndtr(near - step / deviation)
    return -above - torch.log1p(-(below - above).exp())


def bits_an_entry(nats: Tensor, n_entries: int) -> Tensor:
    """Return the members' mean (B,) of nats a row (K, B), in bits an entry."""
    return nats.mean(0) / (n_entries * math.log(2))


def check_step(step: float | None) -> None:
    """Raise unless a grid's step is a number above 0, or None."""
    require(step is None or (is_number(step) and step > 0), f"step={step!r}", "a number above 0, or None")
