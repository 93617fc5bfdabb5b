"""A clip described in two ways: by its spectrum in time and space, and by its motion."""

from __future__ import annotations

import torch
from torch import Tensor

from robustgen.descriptors.pooling import pooled

CELLS = 8
"""Along each axis, at most."""
FLOOR = 1e-6


def clip_views(clips: Tensor) -> tuple[Tensor, ...]:
    """Return each description of clips (B, C, T, H, W) as vectors (B, D).

    They are the log spectrum (:func:`log_power`), what it looks like and how it moves wherever it is, and the
    motion (:func:`motion`), how steadily it moves; a clip of one frame has none. Where in the frames
    something is says nothing: the values themselves were noise for the clips that were tried.

    Examples
    --------
    >>> [view.shape[1] for view in clip_views(torch.zeros(1, 1, 10, 16, 16))]
    [512, 34]
    """
    return (log_power(clips), motion(clips)) if clips.shape[2] > 1 else (log_power(clips),)


def log_power(clips: Tensor) -> Tensor:
    r"""Return the logarithm of the power of clips by frequency in time, height and width.

    There are up to 8 bands along each. What moves at a velocity v has its power on the plane
    :math:`\omega_t = -v^\top \omega_x`, wherever it is. Frames are weighted by a Hann window in time.

    Parameters
    ----------
    clips : Tensor, (B, C, T, H, W)
        Clips in standard units.

    Returns
    -------
    Tensor, (B, C * bands)
        Finite, of a constant clip too.

    References
    ----------
    Adelson and Bergen, "Spatiotemporal Energy Models for the Perception of Motion", J. Opt. Soc. Am. A 2
    (1985), for the plane.
    """
    window = torch.hann_window(clips.shape[2] + 2, periodic=False, dtype=clips.dtype, device=clips.device)
    power = torch.fft.rfftn(clips * window[1:-1, None, None], dim=(2, 3, 4)).abs().square()
    return (pooled(torch.fft.fftshift(power, dim=(2, 3)), CELLS) + FLOOR).log().flatten(1)


def motion(clips: Tensor) -> Tensor:
    """Return how clips change from frame to frame, each series in ascending order.

    The series are, of each channel, the energy of the first and of the second difference of the frames, and
    the speed and the acceleration of the centre of what differs from the darkest value. Sorted, they say how
    steady the motion is and not when it was not.

    Parameters
    ----------
    clips : Tensor, (B, C, T, H, W)
        Clips in standard units.

    Returns
    -------
    Tensor, (B, C * (4 T - 6)) for T of 2 or more
        Speeds in pixels a frame.

    Examples
    --------
    >>> frames = torch.eye(9)[:5].view(1, 1, 5, 1, 9)  # a point that moves by one pixel a frame
    >>> motion(frames)[0, -7:].round()
    tensor([1., 1., 1., 1., 0., 0., 0.])
    """
    centres = _centres(clips)
    series = [
        *(clips.diff(n=n, dim=2).square().mean((3, 4)).log1p() for n in (1, 2)),
        *(torch.linalg.vector_norm(centres.diff(n=n, dim=2), dim=-1) for n in (1, 2)),
    ]
    return torch.cat([one.sort(dim=-1)[0].flatten(1) for one in series], dim=1)


def _centres(clips: Tensor) -> Tensor:
    """Return the centre (B, C, T, 2) of each frame, its pixels weighted by the square of what they hold."""
    mass = (clips - clips.amin((2, 3, 4), keepdim=True)).square() + torch.finfo(clips.dtype).tiny
    share = mass / mass.sum((3, 4), keepdim=True)
    rows, columns = (torch.arange(side, dtype=clips.dtype, device=clips.device) for side in clips.shape[3:])
    return torch.stack([(share.sum(4) * rows).sum(-1), (share.sum(3) * columns).sum(-1)], dim=-1)
