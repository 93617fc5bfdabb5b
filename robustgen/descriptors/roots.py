"""Square roots that can be differentiated where nothing is."""

from __future__ import annotations

import torch
from torch import Tensor


def root(squares: Tensor) -> Tensor:
    """Return square roots whose gradient is 0 at 0, where that of the square root has no bound.

    Flat parts of an image have gradients of 0: without this their explanation would be no number.

    Parameters
    ----------
    squares : Tensor
        At least 0.

    Returns
    -------
    Tensor, of the same shape
        At 0 the root of the smallest number there is.

    Examples
    --------
    >>> square = torch.tensor([0.0, 4.0], requires_grad=True)
    >>> torch.autograd.grad(root(square).sum(), square)
    (tensor([0.0000, 0.2500]),)
    """
    return squares.clamp_min(torch.finfo(squares.dtype).tiny).sqrt()
