"""What has to be known of a kind of rows to find a core of them and to score by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.consensus import Consensus
from robustgen.densities.directions import Directions
from robustgen.descriptors.description import Description
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.training.scaling import Scaling

REFERENCE_ROWS = 10_000
REFERENCE_ENTRIES = 2**23


@storable
@dataclass(frozen=True)
class Choice:
    """Who judges and who scores.

    Attributes
    ----------
    judges : tuple of str
        The judges.
    vouching : float
        The largest ratio of distances at which a row is kept; 0 keeps the core as it is.
    models : tuple of str
        The models.
    """

    judges: tuple[str, ...]
    vouching: float
    models: tuple[str, ...]


class Kind(Protocol):
    """A kind of rows: what its rows are compared by, and which parts of the detector suit it.

    Attributes
    ----------
    usual : Choice
        The parts that are taken where the user names none.
    flood : int
        The copies that make a flood.
    scaling : {"standard", "robust"} or None
        What the columns, or the channels of images, are measured in.
    description : Description or None
        What makes a vector of an image, once it is learnt; None for all that is no image.
    """

    usual: Choice
    flood: int
    scaling: str | None

    @property
    def description(self) -> Description | None: ...

    def most_judged(self, row_shape: tuple[int, ...]) -> int:
        """Return how many rows of a shape are judged at most."""

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> Any:
        """Learn what rows are compared by, and return those at some places of X as that."""

    def compared(self, x: Tensor) -> Tensor:
        """Return scaled rows (B, ...) as the vectors (B, D) by which they are compared."""

    def model(self, rows: Any, kept: Tensor, models: Sequence[str], seed: int) -> Consensus | Directions:
        """Fit models to the rows that were kept (n,) of those that `learn` returned, and grade by all."""

    def seen(self, X: Any) -> Any:
        """Return rows of X as the autoencoders learn them."""

    def net(
        self, row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
    ) -> AutoencoderNet:
        """Return the autoencoder with one member."""


def most_of_width(width: int) -> int:
    """Return how many vectors of a width are judged at most: 1,000 and more, as memory is for them.

    Examples
    --------
    >>> most_of_width(30), most_of_width(2000), most_of_width(2**20)
    (10000, 4194, 1000)
    """
    return min(REFERENCE_ROWS, max(1000, REFERENCE_ENTRIES // width))
