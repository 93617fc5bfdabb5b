"""Adam on given gradients, without what torch's optimisers import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

FUSED_DEVICES = ("cpu", "cuda")
PARTS = ("step", "exp_avg", "exp_avg_sq")


class Adam:
    """The moments of parameters, and their steps.

    The first :class:`torch.optim.Adam` of a process imports torch's compiler, which takes as long as torch
    itself; the function that it calls does not.

    Parameters
    ----------
    parameters : sequence of torch.nn.Parameter
        What is moved.
    rates : sequence of float
        The learning rate of each.
    betas : tuple of float
        The decay of the first and of the second moment.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    """

    def __init__(
        self, parameters: Sequence[nn.Parameter], rates: Sequence[float], betas: tuple[float, float]
    ) -> None:
        self._betas = betas
        self._fused = parameters[0].device.type in FUSED_DEVICES
        counted_on = parameters[0].device if self._fused else "cpu"
        self._steps = [torch.zeros((), device=counted_on) for _ in parameters]
        self._means = [torch.zeros_like(parameter) for parameter in parameters]
        self._squares = [torch.zeros_like(parameter) for parameter in parameters]
        of_each = (parameters, self._means, self._squares, self._steps)
        self._groups = []
        for rate in dict.fromkeys(rates):
            places = [place for place, other in enumerate(rates) if other == rate]
            self._groups.append((rate, places, [[values[place] for place in places] for values in of_each]))

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move every parameter against its gradient."""
        for rate, places, (parameters, means, squares, steps) in self._groups:
            adam(
                parameters,
                [gradients[place] for place in places],
                means,
                squares,
                [],
                steps,
                fused=self._fused,
                amsgrad=False,
                beta1=self._betas[0],
                beta2=self._betas[1],
                lr=rate,
                weight_decay=0.0,
                eps=1e-8,
                maximize=False,
            )

    def state(self) -> dict[int, dict[str, Tensor]]:
        """Return the moments of each parameter, by its place."""
        moments = zip(self._steps, self._means, self._squares, strict=True)
        return {place: dict(zip(PARTS, parts, strict=True)) for place, parts in enumerate(moments)}

    def resume(self, state: dict[int, dict[str, Any]]) -> None:
        """Go on from a state."""
        for place, own in self.state().items():
            for part, tensor in own.items():
                tensor.copy_(state[place][part])
