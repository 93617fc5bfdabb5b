"""The prior over codes: fitted after them, and sampled one code after another."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from robustgen._storable import storable
from robustgen.nets.autoregressive import AutoregressiveMLP
from robustgen.nets.causal import CausalNet
from robustgen.nets.code_maps import USUAL, CodeNets
from robustgen.nets.draws import Generators, gumbel
from robustgen.nets.members import initialise
from robustgen.nets.pixelcnn import GatedPixelCNN
from robustgen.objectives.code_likelihood import CodeLikelihood, CodeNet, position_surprisal
from robustgen.training import History, TrainingConfig, train
from robustgen.training.callbacks import present_callbacks
from robustgen.training.rows import permutations

BLOCK_ROWS = 512


class CodeRows:
    """Codes as the rows of a training: each member has its own.

    Parameters
    ----------
    codes : torch.Tensor
        (K, n, P), or (K, n, P + 1) with labels last.
    """

    def __init__(self, codes: Tensor) -> None:
        self.n_rows = codes.shape[1]
        self._codes = codes

    def shuffled(self, generators: Generators) -> Tensor:
        """Return an order (K, n) of each member."""
        return permutations(self.n_rows, generators)

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Tensor]:
        """Yield (K, B, P) batches that follow ``order`` (K, n)."""
        members = torch.arange(len(self._codes), device=self._codes.device)[:, None]
        for index in order.split(batch_size, dim=1):
            yield self._codes[members, index]


@storable
class CodePrior:
    """An autoregressive distribution over the codes of K members.

    Parameters
    ----------
    map_shape : tuple of int
        (h, w) takes a gated PixelCNN, (t, h, w) too, its t maps one below the other; (P,) of signals, which
        follow each other, gated causal convolutions, and of vectors an autoregressive MLP.
    n_codes : int
        N, of all slices.
    n_labels : int
        Labels to condition on; 0 for none.
    row_type : str
        What the rows are; see :func:`robustgen._rows.row_type`.
    n_slices : int
        G: a position takes codes of its slice alone, see :mod:`robustgen.nets.quantizers.slices`.
    nets : CodeNets
        Whose prior's width and layers count.

    Attributes
    ----------
    net : GatedPixelCNN, CausalNet or AutoregressiveMLP
        The trained net.
    history : robustgen.training.History
        The term "surprisal", in nats a row.
    """

    net: CodeNet
    history: History

    def __init__(
        self,
        map_shape: tuple[int, ...],
        n_codes: int,
        *,
        n_labels: int = 0,
        row_type: str = "vectors",
        n_slices: int = 1,
        nets: CodeNets = USUAL,
    ) -> None:
        self._row_type = row_type
        self._nets = nets
        self._map_shape = map_shape
        self._n_codes = n_codes
        self.n_labels = n_labels
        self.n_slices = n_slices

    @property
    def n_positions(self) -> int:
        """P, all places of the map."""
        return math.prod(self._map_shape)

    def fit(
        self, codes: Tensor, config: TrainingConfig, seeds: list[int], generators: Generators
    ) -> CodePrior:
        """Learn from codes (K, n, P), or (K, n, P + 1) with labels last."""
        self._members = len(seeds)
        self.net = initialise(self._build, seeds).to(codes.device)
        n_positions = codes.shape[-1] - (self.n_labels > 0)
        self.history = train(
            self.net, CodeLikelihood(n_positions), CodeRows(codes), config, generators, present_callbacks()
        )
        self.net.requires_grad_(False)
        return self

    def untrained(self, name: str) -> CodeNet:
        """Return a net shaped like the trained one, for a model file to fill."""
        return initialise(self._build, range(self._members))

    def _build(self) -> CodeNet:
        options = {
            "channels": self._nets.prior_channels,
            "n_labels": self.n_labels,
            "n_slices": self.n_slices,
        }
        if len(self._map_shape) > 1:
            *heights, width = self._map_shape
            height = math.prod(heights)
            return GatedPixelCNN(self._n_codes, (height, width), n_layers=self._nets.prior_layers, **options)
        of_positions = CausalNet if self._row_type == "signals" else AutoregressiveMLP
        return of_positions(self._n_codes, self._map_shape[0], **options)

    def surprisal(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return minus the log probability (K, B) of codes (K, B, P), in nats."""
        return self.position_surprisal(codes, labels).sum(-1)

    def position_surprisal(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return minus the log probability (K, B, P) of each code given those before it, in nats."""
        return position_surprisal(self.net(codes, labels), codes)

    def sample(
        self,
        n_samples: int,
        generators: Generators,
        labels: Tensor | None = None,
        begun: Tensor | None = None,
    ) -> Tensor:
        """Draw codes (K, n, P), one position after another.

        Parameters
        ----------
        n_samples : int
            n, of each member.
        generators : sequence of torch.Generator
            One a member.
        labels : torch.Tensor or None
            (K, n), where the prior is conditional.
        begun : torch.Tensor or None
            (K, n, Q), the codes of the first Q positions, where they are known: the others are drawn given
            these.

        Returns
        -------
        torch.Tensor
            The codes.
        """
        codes = torch.zeros(
            len(generators), n_samples, self.n_positions, dtype=torch.int64, device=generators[0].device
        )
        n_begun = 0 if begun is None else begun.shape[-1]
        if begun is not None:
            codes[..., :n_begun] = begun
        for start in range(0, n_samples, BLOCK_ROWS):
            block = codes[:, start : start + BLOCK_ROWS]
            given = None if labels is None else labels[:, start : start + BLOCK_ROWS]
            for position, logits in enumerate(self.net.in_turn(block, given)):
                if position >= n_begun:
                    block[..., position] = draw(logits, generators)
        return codes


def draw(logits: Tensor, generators: Generators) -> Tensor:
    """Draw one index (K, B) from logits (K, B, N), by the Gumbel maximum."""
    return (logits + gumbel(generators, logits, *logits.shape[1:])).argmax(-1)
