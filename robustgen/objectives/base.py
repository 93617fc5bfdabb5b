"""What the training loop asks of an objective: players, their terms, and an error of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from torch import Tensor, nn

from robustgen.nets.draws import Generators


class Term(NamedTuple):
    """A named part of a loss before its rows are reduced.

    Attributes
    ----------
    rows : torch.Tensor
        (K, B), one value a row of each member; or (K, 1) where the rows share the value, as
        they share an orthogonality penalty.
    weight : float
        Its factor in the sum that is minimised.
    """

    rows: Tensor
    weight: float = 1.0


Terms = dict[str, Term]

Net = TypeVar("Net", bound=nn.Module, contravariant=True)
Loss = Callable[[Net, Tensor, Generators], Terms]


class Rows(Protocol):
    """The training rows, wherever they are."""

    n_rows: int

    def shuffled(self, generators: Generators) -> Tensor:
        """Return an order (K, n) of each member, drawn anew."""
        ...

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Tensor]:
        """Yield (K, B, ...) batches that follow ``order`` (K, n), member k its own row of it."""
        ...


class Hook(Protocol):
    """What a player changes without a gradient: sets of rows, dead codes, a schedule.

    The loop calls it and knows nothing of what it does. An epoch may begin with a pass over
    the rows; a batch may not wait for the device.
    """

    def begin_epoch(self, epoch: int, rows: Rows, generators: Generators) -> None:
        """Change state before an epoch, counted from 0."""
        ...

    @property
    def settled(self) -> bool:
        """Whether the objective of this epoch can be compared with that of later ones.

        A schedule that still has to change what is minimised is not: no plateau is looked for.
        """
        ...

    def begin_batch(self, index: Tensor) -> None:
        """Learn which rows (K, B) the next batch holds."""
        ...

    def end_epoch(self) -> Mapping[str, Tensor]:
        """Return what the history is to remember of the epoch, each (K,)."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what the next epoch needs of this one: tensors, numbers, and dicts and lists of them."""
        ...

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        ...


class Stateful:
    """What a hook has to remember from epoch to epoch: some of its attributes.

    Attributes
    ----------
    remembered : tuple of str
        Their names; they may not be there yet.
    """

    remembered: ClassVar[tuple[str, ...]] = ()

    def state(self) -> dict[str, Any]:
        """Return the attributes that are there."""
        return {name: vars(self)[name] for name in self.remembered if name in vars(self)}

    def resume(self, state: dict[str, Any]) -> None:
        """Take them over."""
        vars(self).update(state)


@dataclass(frozen=True)
class Player(Generic[Net]):
    """One optimiser's part in a batch: what it moves and what it minimises.

    Attributes
    ----------
    name : str
        For messages.
    parameters : tuple of torch.nn.Parameter
        What it moves. Another player may move some of them too.
    loss : callable
        ``loss(net, batch, generators) -> Terms`` with the batch (K, B, ...).
    steps : int
        Moves per batch.
    lr_factor : float
        Its learning rate over the configuration's.
    betas : tuple of float
        Adam's decays of the first and second moment.
    lr_factors : mapping of torch.nn.Parameter to float
        Further factors of single parameters, as a codebook's.
    hooks : tuple of Hook
        What it changes between batches and epochs without a gradient.
    """

    name: str
    parameters: tuple[nn.Parameter, ...]
    loss: Loss[Net]
    steps: int = 1
    lr_factor: float = 1.0
    betas: tuple[float, float] = (0.9, 0.999)
    lr_factors: Mapping[nn.Parameter, float] = field(default_factory=dict)
    hooks: tuple[Hook, ...] = ()


class Objective(Protocol[Net]):
    """What a method minimises, as the loop sees it.

    The first player's terms are the training objective by which a plateau is found; names of
    terms are unique among the players.
    """

    def players(self, net: Net) -> tuple[Player[Net], ...]:
        """Return the players in the order of their moves."""
        ...

    def errors(self, net: Net, batch: Tensor) -> Tensor:
        """Return (K, B): how badly the net explains each row. Robust training ranks by it."""
        ...
