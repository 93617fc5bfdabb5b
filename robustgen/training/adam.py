"""Adam on lists of tensors, without the bookkeeping that costs more than the update of a small net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

FUSED_DEVICES = ("cpu", "cuda")
EPS = 1e-8


class Adam:
    r"""Move parameters by their gradients' first moment over the root of the second.

    .. math::
        m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
        \theta \leftarrow \theta - \eta \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + 10^{-8}}

    ``torch.optim.Adam`` looks its parameters up and counts the steps of each anew every time, which is a
    quarter of a step of a small autoencoder; this keeps the lists and calls torch's kernel.

    Parameters
    ----------
    parameters : sequence of torch.nn.Parameter
        What is moved, all on one device.
    learning_rates : sequence of float
        :math:`\eta` of each.
    betas : tuple of float
        :math:`\beta_1, \beta_2`.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.
    """

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        learning_rates: Sequence[float],
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        self._betas = betas
        self._parameters = [parameter.detach() for parameter in parameters]
        self._first = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._second = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._steps = 0
        self._count = self._parameters[0].new_zeros((), dtype=torch.float32)
        self._groups = {
            rate: [place for place, own in enumerate(learning_rates) if own == rate]
            for rate in dict.fromkeys(learning_rates)
        }
        fused = self._parameters[0].device.type in FUSED_DEVICES
        self._move = self._move_fused if fused else self._move_plainly

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move once, by a contiguous gradient of each parameter: torch's fused kernel disregards strides."""
        self._steps += 1
        self._count.fill_(self._steps)
        for rate, places in self._groups.items():
            lists = (self._parameters, gradients, self._first, self._second)
            self._move(rate, *([tensors[place] for place in places] for tensors in lists))

    def _move_fused(
        self,
        rate: float,
        parameters: list[Tensor],
        gradients: list[Tensor],
        first: list[Tensor],
        second: list[Tensor],
    ) -> None:
        torch._fused_adam_(
            parameters,
            gradients,
            first,
            second,
            [],
            [self._count] * len(parameters),
            lr=rate,
            beta1=self._betas[0],
            beta2=self._betas[1],
            weight_decay=0.0,
            eps=EPS,
            amsgrad=False,
            maximize=False,
        )

    def _move_plainly(
        self,
        rate: float,
        parameters: list[Tensor],
        gradients: list[Tensor],
        first: list[Tensor],
        second: list[Tensor],
    ) -> None:
        beta1, beta2 = self._betas
        torch._foreach_lerp_(first, gradients, 1 - beta1)
        torch._foreach_mul_(second, beta2)
        torch._foreach_addcmul_(second, gradients, gradients, 1 - beta2)
        roots = torch._foreach_div(torch._foreach_sqrt(second), (1 - beta2**self._steps) ** 0.5)
        torch._foreach_addcdiv_(
            parameters, first, torch._foreach_add(roots, EPS), -rate / (1 - beta1**self._steps)
        )

    def state(self) -> dict[str, Any]:
        """Return the moments and how many steps there were."""
        return {"first": self._first, "second": self._second, "steps": self._steps}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for held, values in ((self._first, state["first"]), (self._second, state["second"])):
            for tensor, value in zip(held, values, strict=True):
                tensor.copy_(value)
        self._steps = state["steps"]
