"""Training steps that torch.compile makes one kernel after another of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor

from robustgen._checks import UsageError

BACKEND = "inductor"
MOST_GRAPHS = 2**16
"""Of one function: each player of each training has one or two, where torch's own limit is eight."""

_within: ContextVar[bool] = ContextVar("robustgen_compiled", default=False)


@contextmanager
def compiled() -> Iterator[None]:
    """Compile the training steps in the block by :func:`torch.compile`: forward pass, terms and gradients.

    The arithmetic is the same but for its rounding: gradients agree to float precision, and a training that
    makes much of roundings ends with other weights. Compilation takes seconds for each player (RSRAE has
    three) before the first step, so it pays for long trainings only; ``docs/large-data.md`` states from how
    many steps on. Batches of another size than the first, as the last of an epoch, are not compiled; neither
    are Adam's steps, which are one kernel already, and scores.

    Yields
    ------
    None
        Methods whose players draw random numbers or change with the epochs (VAE, MAW, VQVAE, SQVAE, RVQVAE)
        cannot be traced whole, and in pieces they are slower than they are without.

    Raises
    ------
    UsageError
        When this torch does not trace gradients. From ``fit``, when a step cannot be traced whole, or
        compilation fails, as without a C++ compiler.

    References
    ----------
    Ansel et al., "PyTorch 2: Faster Machine Learning Through Dynamic Python Bytecode Transformation and Graph
    Compilation", ASPLOS 2024.

    Examples
    --------
    >>> from robustgen import RSRAE
    >>> from robustgen.training import compiled
    >>> with compiled():
    ...     detector = RSRAE().fit(X)  # doctest: +SKIP
    """
    from torch._dynamo import config  # the compiler, whose import takes as long as torch's own

    if not hasattr(config, "trace_autograd_ops"):
        raise UsageError(
            f"got torch {torch.__version__}, whose compiler does not trace gradients: update torch, or train "
            "outside of compiled()"
        )
    token = _within.set(True)
    try:
        with config.patch(trace_autograd_ops=True, recompile_limit=MOST_GRAPHS):
            yield
    finally:
        _within.reset(token)


Step = Callable[..., Any]
"""Takes a batch first."""


def present_form(step: Step) -> Step:
    """Return a step as it is, or compiled in a block of :func:`compiled`."""
    return _Compiled(step) if _within.get() else step


class _Compiled:
    """A step that is compiled for batches shaped like the first."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._compiled = torch.compile(step, fullgraph=True, dynamic=False, backend=BACKEND)
        self._shape: torch.Size | None = None

    def __call__(self, batch: Tensor, *others: Any) -> Any:
        if self._shape is None:
            self._shape = batch.shape
        if batch.shape != self._shape:
            return self._step(batch, *others)
        with _clear_errors():
            return self._compiled(batch, *others)


@contextmanager
def _clear_errors() -> Iterator[None]:
    from torch._dynamo.exc import TorchDynamoException, Unsupported

    try:
        yield
    except Unsupported as error:
        raise UsageError(
            f"got a training step that torch.compile cannot trace ({_reason(error)}): train this detector "
            "outside of compiled()"
        ) from None
    except TorchDynamoException as error:
        raise UsageError(
            f"torch.compile fails here ({_reason(error)}): install a C++ compiler such as g++, or train "
            "outside of compiled()"
        ) from None


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    return " ".join(line for line in lines[:2] if line) or type(error).__name__
