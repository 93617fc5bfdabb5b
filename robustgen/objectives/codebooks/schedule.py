"""When the quantizer starts, and when its codes are taken anew."""

from __future__ import annotations

from dataclasses import dataclass

from robustgen._checks import is_count, is_number, require
from robustgen._storable import storable


@storable
@dataclass(frozen=True)
class CodebookTraining:
    """How a codebook is trained; the defaults are plain VQ-VAE.

    ``CodebookTraining.robust()`` is the training of Lancucki et al., but that codes are taken anew from
    k-means++ seeds alone, and without their averaged weights (Polyak, .998) and plateau schedule.

    Parameters
    ----------
    batch_norm : bool
        Normalise the latent by batch right before it is quantised.
    lr_factor : float
        The codebook's learning rate over the encoder's; for codes that a gradient moves.
    bypass_epochs : int
        First epochs in which nothing is quantised; detectors make it half of theirs at most.
    reseed_until : int
        Up to this epoch, from the end of the bypass on (from the second epoch where there is
        none), each epoch starts with all codes replaced by k-means++ seeds of the last epoch's latents.
    reservoir_size : int
        Latents of an epoch that are kept for that.
    revive_below : float
        A code that served less than this share of an even use in an epoch is dead, and takes
        the place of a latent; 0 revives none.

    References
    ----------
    Lancucki et al., "Robust Training of Vector Quantized Bottleneck Models", IJCNN 2020,
    https://arxiv.org/abs/2005.08520; revival as in Dhariwal et al., "Jukebox", 2020.

    Examples
    --------
    >>> CodebookTraining.robust().lr_factor
    10.0
    """

    batch_norm: bool = False
    lr_factor: float = 1.0
    bypass_epochs: int = 0
    reseed_until: int = 0
    reservoir_size: int = 20480
    revive_below: float = 0.0

    def __post_init__(self) -> None:
        require(
            is_number(self.lr_factor) and self.lr_factor > 0,
            f"lr_factor={self.lr_factor!r}",
            "a factor above 0",
        )
        require(is_count(self.bypass_epochs, 0), f"bypass_epochs={self.bypass_epochs!r}", "0 or more epochs")
        require(is_count(self.reseed_until, 0), f"reseed_until={self.reseed_until!r}", "0 or more epochs")
        require(is_count(self.reservoir_size), f"reservoir_size={self.reservoir_size!r}", "1 or more latents")
        require(
            is_number(self.revive_below) and 0 <= self.revive_below < 1,
            f"revive_below={self.revive_below!r}",
            "a share in [0, 1)",
        )

    @classmethod
    def robust(cls) -> CodebookTraining:
        """Return the three parts of Lancucki et al., and the revival of dead codes."""
        return cls(batch_norm=True, lr_factor=10.0, bypass_epochs=2, reseed_until=10, revive_below=0.01)

    def reseeds(self, epoch: int) -> bool:
        """Tell whether all codes are replaced before an epoch.

        Parameters
        ----------
        epoch : int
            Counted from 0.

        Returns
        -------
        bool
            Whether they are.
        """
        if epoch == self.bypass_epochs > 0:
            return True
        return max(1, self.bypass_epochs) <= epoch < self.reseed_until

    def settled(self, epoch: int) -> bool:
        """Tell whether the codes are in use, and no longer replaced all at once.

        Parameters
        ----------
        epoch : int
            Counted from 0.

        Returns
        -------
        bool
            Whether this and all later epochs minimise the same.
        """
        return epoch >= max(self.bypass_epochs, self.reseed_until - 1)

    def revives(self, epoch: int) -> bool:
        """Tell whether dead codes are replaced before an epoch.

        Parameters
        ----------
        epoch : int
            Counted from 0.

        Returns
        -------
        bool
            Whether they are.
        """
        return self.revive_below > 0 and epoch > self.bypass_epochs and not self.reseeds(epoch)

    def samples(self, epoch: int) -> bool:
        """Tell whether the next epoch will need latents of this one.

        Parameters
        ----------
        epoch : int
            Counted from 0.

        Returns
        -------
        bool
            Whether latents have to be kept.
        """
        return self.reseeds(epoch + 1) or self.revives(epoch + 1)
