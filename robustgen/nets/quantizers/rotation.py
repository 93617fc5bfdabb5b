"""The rotation trick: a gradient that turns with the latent as it becomes its code."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

TINY = 1e-12
"""The least norm that is divided by."""


def rotated(z: Tensor, codes: Tensor) -> Tensor:
    r"""Return the codes, as the latents rotated and scaled by constants: :math:`e = \lambda R z`.

    .. math::
        \lambda = \frac{\lVert e \rVert}{\lVert z \rVert}, \quad
        R = I - 2 r r^\top + 2 \hat e \hat z^\top, \quad
        r = \frac{\hat e + \hat z}{\lVert \hat e + \hat z \rVert},
        \quad \hat v = v / \lVert v \rVert

    :math:`\lambda` and R have no gradient, so that of z is :math:`\lambda R^\top` times that of the code:
    angles between what is to change and the code are kept, where the straight-through step keeps
    the change itself.

    Parameters
    ----------
    z, codes : torch.Tensor
        (..., D). For opposite ones r is 0, and R the reflection of z onto the code.

    References
    ----------
    Fifty et al., "Restructuring Vector Quantization with the Rotation Trick", ICLR 2025,
    https://arxiv.org/abs/2410.06424, section 4.

    Examples
    --------
    >>> import torch
    >>> rotated(torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    codes = codes.detach()
    norms = z.detach().norm(dim=-1, keepdim=True).clamp_min(TINY)
    direction, target = z.detach() / norms, functional.normalize(codes, dim=-1, eps=TINY)
    middle = functional.normalize(direction + target, dim=-1, eps=TINY)
    turned = z - 2 * middle * _inner(middle, z) + 2 * target * _inner(direction, z)
    turned = turned * codes.norm(dim=-1, keepdim=True) / norms
    return turned + (codes - turned).detach()  # exactly the codes


def _inner(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1, keepdim=True)
