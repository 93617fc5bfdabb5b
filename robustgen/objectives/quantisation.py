"""The objectives of VQ-VAE and SQ-VAE: reconstruction, and the terms of the quantizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen.nets.draws import Generators, uniform
from robustgen.nets.quantizers.base import Quantized
from robustgen.nets.replicas import batch_mean
from robustgen.nets.vector_quantised import VectorQuantisedNet
from robustgen.objectives.base import Player, Rows, Stateful, Term, Terms
from robustgen.objectives.codebooks.maintenance import CodebookMaintenance
from robustgen.objectives.codebooks.schedule import CodebookTraining

WITHHELD = 0.1
"""The share of the labels that the decoder is not told in training."""
RESULTANTS = (0.1, 0.999)
"""What a mean cosine is taken to be at least, so that a decoder that knows nothing learns, and at most."""
VARIANCE_FLOOR = 1e-6
"""The least mean squared error that a closed-form decoder variance takes."""


def mean_squared_error(x: Tensor, reconstruction: Tensor) -> Tensor:
    """Return the squared error (K, B) of each row, a mean over its entries.

    Examples
    --------
    >>> import torch
    >>> mean_squared_error(torch.zeros(1, 1, 2), torch.tensor([[[3.0, 4.0]]]))
    tensor([[12.5000]])
    """
    return functional.mse_loss(reconstruction, x, reduction="none").flatten(2).mean(-1)


def free_variance_likelihood(x: Tensor, reconstruction: Tensor) -> Tensor:
    r"""Minus the Gaussian log likelihood with the best variance, without constants.

    .. math::
        \tfrac{D}{2} \left( \log s^2 + \epsilon_i / s^2 - 1 \right), \quad s^2 = \mathrm{sg}[\bar\epsilon]

    Here :math:`\epsilon_i` is the mean squared error of a row and :math:`\bar\epsilon` its mean over the
    batch. The mean over the rows has the value and the gradient of
    :math:`\tfrac{D}{2} \log \bar\epsilon`, the closed form of SQ-VAE, and each row has its own share.

    Parameters
    ----------
    x, reconstruction : torch.Tensor
        (K, B, ...), D entries a row.

    Returns
    -------
    torch.Tensor
        (K, B), in nats.

    References
    ----------
    Takida et al., "SQ-VAE", ICML 2022, section 3; Rybkin et al., "Simple and Effective VAE
    Training with Calibrated Decoders", ICML 2021.
    """
    errors = mean_squared_error(x, reconstruction)
    variance = batch_mean(errors.detach()).clamp_min(VARIANCE_FLOOR)
    return x[0, 0].numel() / 2 * (variance.log() + errors / variance - 1)


def free_concentration_likelihood(x: Tensor, directions: Tensor) -> Tensor:
    r"""Minus the von Mises-Fisher log likelihood with the concentration that fits the batch.

    .. math::
        -\kappa \sum_p x_p^\top f_p, \qquad
        \kappa = \mathrm{sg}\left[ \frac{\bar r (C - \bar r^2)}{1 - \bar r^2} \right]

    Here :math:`\bar r` is the mean of :math:`x_p^\top f_p` over the places p of all rows of the batch, and
    :math:`\kappa` is within a few hundredths of the likeliest value. The normaliser of the density, a
    function of :math:`\kappa` alone, has no gradient and is left out.

    Parameters
    ----------
    x, directions : torch.Tensor
        (K, B, C, ...), the channels of each place a unit vector.

    Returns
    -------
    torch.Tensor
        (K, B), in nats.

    References
    ----------
    Takida et al., "SQ-VAE", ICML 2022, section 4; Banerjee et al., "Clustering on the Unit Hypersphere using
    von Mises-Fisher Distributions", JMLR 6 (2005), equation 4.4, for :math:`\kappa`.
    """
    products = (x * directions).sum(2)[..., None].flatten(2)
    resultant = batch_mean(products.detach().mean(2))[:, 0].clamp(*RESULTANTS)
    kappa = resultant * (x.shape[2] - resultant.square()) / (1 - resultant.square())
    return -kappa[:, None] * products.sum(-1)


RECONSTRUCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "l2": mean_squared_error,
    "likelihood": free_variance_likelihood,
    "vmf": free_concentration_likelihood,
}


class RowLabels(Stateful):
    """The labels of the rows of a batch, some of which are withheld, so that the decoder can do without.

    Parameters
    ----------
    labels : torch.Tensor of int or None
        A label 0, 1, ... of each training row (n,).
    """

    settled = True

    def __init__(self, labels: Tensor | None) -> None:
        self._labels = labels
        self.of_batch: Tensor | None = None

    def begin_epoch(self, epoch: int, rows: Rows, generators: Generators) -> None:
        """Draw which labels are withheld in this epoch."""
        if self._labels is None:
            return
        labels = self._labels.to(generators[0].device)
        shown = uniform(generators, torch.zeros((), device=labels.device), rows.n_rows) >= WITHHELD
        self._of_rows = torch.where(shown, labels, -1)

    def begin_batch(self, index: Tensor) -> None:
        """Look up the labels of a batch."""
        if self._labels is not None:
            self.of_batch = self._of_rows.gather(1, index)

    def end_epoch(self) -> Mapping[str, Tensor]:
        """Return nothing."""
        return {}


class VectorQuantisation:
    r"""Minimise the reconstruction error plus the weighted terms of the quantizer: one player.

    .. math:: \rho(x, D(z_q)) + \sum_t \alpha_t \ell_t(z)

    Parameters
    ----------
    reconstruction : {"l2", "likelihood", "vmf"}
        :math:`\rho`: the mean squared error, :func:`free_variance_likelihood` or
        :func:`free_concentration_likelihood`.
    weights : mapping of str to float
        :math:`\alpha_t` of the quantizer's terms by name, 1 where none is given; VQ-VAE's
        :math:`\beta` is the weight of "commitment" and of nothing else.
    schedule : CodebookTraining
        How the codebook is kept in use.
    labels : torch.Tensor of int or None
        A label of each training row (n,), which the decoder is told.
    """

    def __init__(
        self,
        reconstruction: str,
        weights: Mapping[str, float],
        schedule: CodebookTraining,
        labels: Tensor | None = None,
    ) -> None:
        self._reconstruction = RECONSTRUCTIONS[reconstruction]
        self._weights = weights
        self._schedule = schedule
        self._labels = RowLabels(labels)

    def players(self, net: VectorQuantisedNet) -> tuple[Player, ...]:
        """Return the one player, with the maintenance of its codebooks as its hook."""
        maintenance = maintenance_of(net, self._schedule)
        return (
            Player(
                "autoencoder",
                tuple(net.parameters()),
                partial(self._loss, maintenance),
                lr_factors=codebook_factors(net, self._schedule.lr_factor),
                hooks=(maintenance, self._labels),
            ),
        )

    def errors(self, net: VectorQuantisedNet, batch: Tensor) -> Tensor:
        """Return the mean squared error (K, B)."""
        return mean_squared_error(batch, net(batch, self._labels.of_batch))

    def _loss(
        self, maintenance: CodebookMaintenance, net: VectorQuantisedNet, batch: Tensor, generators: Generators
    ) -> Terms:
        z = net.positions(batch)
        quantised = net.quantise(z, generators)
        maintenance.observe(z, quantised.indices, generators)
        made = net.decode(quantised.latent, self._labels.of_batch)
        return {
            "reconstruction": Term(self._reconstruction(batch, made)),
            **quantizer_terms(quantised, net.strength, self._weights),
        }


def maintenance_of(net: VectorQuantisedNet, schedule: CodebookTraining) -> CodebookMaintenance:
    """Return the maintenance of a net's codebooks, slice by slice."""
    quantizer = net.quantizer
    return CodebookMaintenance(quantizer.slices(), net.strength, schedule, n_slices=quantizer.n_slices)


def codebook_factors(net: VectorQuantisedNet, factor: float) -> dict[nn.Parameter, float]:
    """Return the learning rate factor of every codebook that a gradient moves."""
    tables = [book.codes for book in net.quantizer.codebooks()]
    return {codes: factor for codes in tables if isinstance(codes, nn.Parameter)}


def quantizer_terms(quantised: Quantized, strength: Tensor, weights: Mapping[str, float]) -> Terms:
    """Weigh the terms of a quantizer; while it is bypassed they are 0."""
    return {name: Term(rows * strength, weights.get(name, 1.0)) for name, rows in quantised.terms.items()}
