"""Data-parallel training: several processes, each with a part of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed as dist

from robustgen._checks import UsageError
from robustgen.nets.replicas import Replicas, replicated


@contextmanager
def data_parallel() -> Iterator[None]:
    r"""Train the nets in the block in all processes of ``torch.distributed`` together.

    All processes run the same program on the same rows, each on a device or some cores of its own, as
    ``torchrun --nproc-per-node 2 program.py`` starts them. Of each batch of P times ``batch_size`` rows a
    process learns a P-th; gradients are summed over the processes, so each takes the step that one process
    would take on the whole batch:

    .. math:: \nabla \frac1B \sum_{i=1}^B \ell_i = \sum_{p=1}^P \nabla \frac1B \sum_{i \in B_p} \ell_i

    So are the statistics of batch normalisation and of averaged codebooks, the usage of codes and the latents
    that dead ones are replaced by; which rows robust training keeps is decided by the whole batch, and the
    sets of RVQ-VAE are those of the first process. Scores of the training rows, and all else that is no
    training, each process computes for itself, and ends with the same detector.

    Yields
    ------
    None
        A process group that is there already is taken; otherwise one is made by the environment of
        ``torchrun`` (NCCL where there are CUDA devices, else gloo) and ended with the block.

    Raises
    ------
    UsageError
        When this process was not started as one of several. From ``fit``, when the processes have other
        rows, parameters or seeds (a ``random_state`` that is no integer), when it is in a block of
        :func:`robustgen.training.checkpoints`, or when an objective needs all rows of a batch in one place:
        the sliced distance of MAW.

    Notes
    -----
    This is DistributedDataParallel's arithmetic on the same engine, without its wrapper, which (as those of
    Lightning Fabric and accelerate, which are made of it) reduces in the ``backward`` of one module's one
    loss: here up to three players take gradients of losses of their own by ``autograd.grad`` on every batch.

    Functions of :func:`robustgen.training.each_epoch` have to answer alike in all processes. One process that
    fails leaves the others waiting; ``torchrun`` ends them.

    References
    ----------
    Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020.

    Examples
    --------
    >>> from robustgen.training import data_parallel
    >>> with data_parallel():
    ...     pass
    Traceback (most recent call last):
    robustgen._checks.UsageError: got one process alone: start the program by torchrun --nproc-per-node 2 ...
    """
    own = not dist.is_initialized()
    if own:
        _join()
    try:
        with replicated(Replicas(dist.get_rank(), dist.get_world_size())):
            yield
    finally:
        if own:
            dist.destroy_process_group()


def _join() -> None:
    if "WORLD_SIZE" not in os.environ:
        raise UsageError("got one process alone: start the program by torchrun --nproc-per-node 2 program.py")
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
