"""Where to compute, and with what arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from robustgen._checks import UsageError


def choose_device(name: str) -> torch.device:
    """Return the device of a name, the best one there is for "auto".

    Parameters
    ----------
    name : str
        "auto" (cuda, else mps, else cpu), or a torch device such as "cpu", "cuda" or "cuda:1".

    Raises
    ------
    UsageError
        When the name is no device, or this machine does not have it.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
        return torch.device(_available()[0])
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise UsageError(f"got device={name!r}, expected 'auto' or one of {_available()}") from None
    there = device.type in _available()
    if not there or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise UsageError(f"got device={name!r}, which this machine does not have; choose from {_available()}")
    return device


def scoring_dtype(row_shape: tuple[int, ...], device: torch.device) -> torch.dtype:
    """Return float64, in which a row's score does not depend on the rows beside it.

    Convolutions have no fast float64 kernel and mps has no float64 at all: float32 there.

    Parameters
    ----------
    row_shape : tuple of int
        Of what a net takes, (d,) or (C, H, W).
    device : torch.device
        Where it computes.

    Examples
    --------
    >>> scoring_dtype((30,), torch.device("cpu")), scoring_dtype((1, 28, 28), torch.device("cpu"))
    (torch.float64, torch.float32)
    """
    return torch.float32 if len(row_shape) > 1 or device.type == "mps" else torch.float64


def _available() -> list[str]:
    devices = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, there in devices.items() if there]


@contextmanager
def arithmetic(precision: str, device: torch.device) -> Iterator[None]:
    """Compute in a precision inside the block, and leave the process as it was.

    Parameters
    ----------
    precision : {"auto", "float32", "tf32", "bf16"}
        See :class:`robustgen.training.config.TrainingConfig`.
    device : torch.device
        Where the block computes.
    """
    tf32 = precision == "tf32" or (precision == "auto" and device.type == "cuda")
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32  # which convolutions may use by default
    try:
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]
