"""The objective of an autoregressive prior: the likelihood of codes."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from robustgen.nets.autoregressive import AutoregressiveMLP
from robustgen.nets.causal import CausalNet
from robustgen.nets.draws import Generators
from robustgen.nets.pixelcnn import GatedPixelCNN
from robustgen.objectives.base import Player, Term, Terms

CodeNet = AutoregressiveMLP | CausalNet | GatedPixelCNN


def surprisal(logits: Tensor, indices: Tensor) -> Tensor:
    r"""Return :math:`-\sum_i \log p(c_i \mid c_{<i})` of each row, in nats.

    Parameters
    ----------
    logits : torch.Tensor
        (K, B, P, N).
    indices : torch.Tensor
        (K, B, P).

    Returns
    -------
    torch.Tensor
        (K, B).

    Examples
    --------
    >>> import torch
    >>> surprisal(torch.zeros(1, 1, 3, 2), torch.zeros(1, 1, 3, dtype=torch.int64))
    tensor([[2.0794]])
    """
    return position_surprisal(logits, indices).sum(-1)


def position_surprisal(logits: Tensor, indices: Tensor) -> Tensor:
    r"""Return :math:`-\log p(c_i \mid c_{<i})` of each position (K, B, P), in nats."""
    entropies = functional.cross_entropy(logits.flatten(0, 2), indices.flatten(), reduction="none")
    return entropies.view(indices.shape)


class CodeLikelihood:
    """Minimise the surprisal of codes: one player moves everything.

    A batch is (K, B, P), or (K, B, P + 1) with the label last where the net is conditional.

    Parameters
    ----------
    n_positions : int
        P.
    """

    def __init__(self, n_positions: int) -> None:
        self._n_positions = n_positions

    def players(self, net: CodeNet) -> tuple[Player, ...]:
        """Return the one player."""
        return (Player("prior", tuple(net.parameters()), self._loss),)

    def errors(self, net: CodeNet, batch: Tensor) -> Tensor:
        """Return the surprisal (K, B)."""
        codes = batch[..., : self._n_positions]
        labels = batch[..., self._n_positions] if batch.shape[-1] > self._n_positions else None
        return surprisal(net(codes, labels), codes)

    def _loss(self, net: CodeNet, batch: Tensor, generators: Generators) -> Terms:
        return {"surprisal": Term(self.errors(net, batch))}
