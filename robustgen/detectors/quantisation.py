"""How the vector-quantised detectors quantise: how many codes there are, and how they are learnt."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from robustgen._checks import check_at_least_zero, check_choice, check_count, is_number, require
from robustgen._storable import storable
from robustgen.nets.quantizers.codebook import AveragedCodebook, Codebook, Quantizer, codebook
from robustgen.nets.quantizers.fsq import FiniteScalarQuantizer, even_levels
from robustgen.nets.quantizers.gaussian import VARIANCES
from robustgen.nets.quantizers.lfq import LookupFreeQuantizer
from robustgen.nets.quantizers.nearest import NearestQuantizer
from robustgen.nets.quantizers.residual import ResidualQuantizer
from robustgen.nets.quantizers.rotation import rotated
from robustgen.nets.quantizers.simvq import LinearCodebook

UPDATES = ("gradient", "ema")
SPHERE = "vmf"
DECODERS = ("gaussian", SPHERE)


@dataclass(frozen=True)
class CodeMap:
    """How many codes there are, and how many of them describe a row.

    Parameters
    ----------
    n_codes : int
        N, the size of each codebook.
    n_positions : int or None
        P, how many codes describe a vector; ``None`` takes half the columns, at least 2 and at
        most 8. A position is a slice of the encoder's last layer, not of the columns: tables
        have no neighbourhood, so the net learns what each position describes. Images are
        halved until their map is 8 x 8 at most (28 x 28 gives 7 x 7), whatever this says.
    n_slices : int
        G: the latent of a place is cut into G slices, each with a codebook of N codes of its own (product
        quantisation, see :mod:`robustgen.nets.quantizers.slices`). A place then has G codes, beside each
        other in the map; of the P codes of a vector, which are a multiple of G, each G are a place.
    """

    n_codes: int = 128
    n_positions: int | None = None
    n_slices: int = 1

    def __post_init__(self) -> None:
        check_count("n_codes", self.n_codes, least=2)
        check_count("n_slices", self.n_slices)
        if self.n_positions is not None:
            check_count("n_positions", self.n_positions)
            whole = self.n_positions % self.n_slices == 0
            require(whole, f"n_positions={self.n_positions}", f"a multiple of n_slices={self.n_slices}")

    def positions_of(self, n_columns: int) -> int:
        """Return P of a vector.

        Parameters
        ----------
        n_columns : int
            Its entries.

        Returns
        -------
        int
            A multiple of ``n_slices``.

        Examples
        --------
        >>> CodeMap().positions_of(30), CodeMap(n_slices=3).positions_of(30)
        (8, 9)
        """
        usual = min(8, max(2, n_columns // 2))
        return self.n_positions or self.n_slices * math.ceil(usual / self.n_slices)


@storable
@dataclass(frozen=True)
class Quantisation(CodeMap):
    r"""Every position takes the nearest code, as in VQ-VAE.

    Parameters
    ----------
    n_codes : int
        N, the size of each codebook.
    n_positions : int or None
        P, how many codes describe a vector; see :class:`robustgen.detectors.quantisation.CodeMap`.
    n_slices : int
        G, slices of the latent of a place, each with a codebook of its own; 8 in Lancucki et al.
    beta : float
        :math:`\beta`, the weight of the commitment, at least 0; it never reaches the codes.
    updates : {"gradient", "ema"}
        What moves the codes: the gradient of the codebook's term, or moving averages of the latents
        that they quantise.
    quantizer : {"nearest", "rotation", "simvq", "residual", "fsq", "lfq"}
        The nearest code, with a straight-through gradient; the same with the gradient of
        :func:`robustgen.nets.quantizers.rotation.rotated`, or with the codes of
        :class:`robustgen.nets.quantizers.simvq.LinearCodebook`; a sum of ``depth`` codes
        (:class:`robustgen.nets.quantizers.residual.ResidualQuantizer`), N of all sums; levels of each channel
        (:class:`robustgen.nets.quantizers.fsq.FiniteScalarQuantizer`), N or little less; or the signs of
        channels (:class:`robustgen.nets.quantizers.lfq.LookupFreeQuantizer`), N a power of two.
    depth : int
        The stages of "residual"; N is a number to this power.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> Quantisation(n_codes=16).beta
    0.25
    """

    beta: float = 0.25
    updates: str = "gradient"
    quantizer: str = "nearest"
    depth: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least_zero("beta", self.beta)
        check_choice("updates", self.updates, UPDATES)
        check_choice("quantizer", self.quantizer, BUILDERS)
        check_count("depth", self.depth)
        sliced = self.n_slices == 1 or self.quantizer in SLICED
        require(sliced, f"n_slices={self.n_slices}", f"1 for quantizer={self.quantizer!r}")
        if self.quantizer == "lfq":
            require(2**self._n_bits == self.n_codes, f"n_codes={self.n_codes}", "a power of two for 'lfq'")
        if self.quantizer == "residual":
            power = self._n_codes_a_stage**self.depth
            require(
                power == self.n_codes, f"n_codes={self.n_codes}", f"a number to the power depth={self.depth}"
            )

    def build(self, code_dim: int) -> Quantizer:
        """Return the quantizer with one member.

        Parameters
        ----------
        code_dim : int
            D.

        Returns
        -------
        Quantizer
            Not trained.
        """
        return BUILDERS[self.quantizer](self, code_dim)

    @property
    def code_dim(self) -> int | None:
        """The length of a code where N decides it: of "fsq" and "lfq"."""
        if self.quantizer == "fsq":
            return len(even_levels(self.n_codes))
        return self._n_bits if self.quantizer == "lfq" else None

    def _codebook(self, code_dim: int) -> Codebook | AveragedCodebook:
        return codebook(self.n_slices * self.n_codes, code_dim, updates=self.updates)

    @property
    def _n_bits(self) -> int:
        return self.n_codes.bit_length() - 1

    @property
    def _n_codes_a_stage(self) -> int:
        return round(self.n_codes ** (1 / self.depth))


SLICED = ("nearest", "rotation")
"""Quantizers whose latents may be cut into slices."""
BUILDERS: dict[str, Callable[[Quantisation, int], Quantizer]] = {
    "nearest": lambda q, dim: NearestQuantizer(q._codebook(dim), n_slices=q.n_slices),
    "rotation": lambda q, dim: NearestQuantizer(q._codebook(dim), rotated, n_slices=q.n_slices),
    "simvq": lambda q, dim: NearestQuantizer(LinearCodebook(q.n_codes, dim)),
    "residual": lambda q, dim: ResidualQuantizer(q._n_codes_a_stage, dim, depth=q.depth, updates=q.updates),
    "fsq": lambda q, dim: FiniteScalarQuantizer(even_levels(q.n_codes)),
    "lfq": lambda q, dim: LookupFreeQuantizer(dim),
}


@storable
@dataclass(frozen=True)
class StochasticQuantisation(CodeMap):
    r"""Codes are drawn by their distance over a variance that is learnt, as in SQ-VAE.

    Parameters
    ----------
    n_codes : int
        N, the size of each codebook.
    n_positions : int or None
        P, how many codes describe a vector; see :class:`robustgen.detectors.quantisation.CodeMap`.
    n_slices : int
        G, slices of the latent of a place, each with a codebook of its own; 8 in Lancucki et al.
    variance : {"I", "II", "III", "IV", "vmf"}
        Of what s is: one number, one a row, one a position, one a position and channel; "vmf"
        puts latents and codes on the sphere instead, with one concentration.
    temperature : float in (0, 1]
        :math:`\tau`: the draws' temperature falls from 1 to it over the batches t of the training, as
        :math:`\tau^{t/T}`. The authors' :math:`e^{-10^{-5} t}` ends at .15 after their 100 epochs of 60,000
        rows in batches of 32.
    decoder : {"gaussian", "vmf"}
        The decoder's distribution. "vmf" is for directions, above all categories: the channels of
        images, signals and clips, or the columns of vectors, are a unit vector at each place, as one-hot
        categories are, and so are those of reconstructions and samples; the largest channel is the likeliest
        category. Nothing is scaled then.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> StochasticQuantisation(variance="IV").n_codes
    128
    """

    variance: str = "I"
    temperature: float = 0.15
    decoder: str = "gaussian"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("variance", self.variance, (*VARIANCES, SPHERE))
        check_choice("decoder", self.decoder, DECODERS)
        within = is_number(self.temperature) and 0 < self.temperature <= 1
        require(within, f"temperature={self.temperature!r}", "a temperature above 0 and at most 1")

    def cooling(self, n_steps: int) -> float:
        r"""Return :math:`\rho` of :math:`e^{-\rho t}`, which reaches the temperature after all steps.

        Parameters
        ----------
        n_steps : int
            Batches of the training.

        Returns
        -------
        float
            The rate, 0 or more.

        Examples
        --------
        >>> round(StochasticQuantisation().cooling(187_500), 7)
        1.01e-05
        """
        return -math.log(self.temperature) / n_steps
