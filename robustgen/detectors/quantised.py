"""What the vector-quantised detectors share: codes, a prior over them, and samples."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from torch.nn import functional

from robustgen._checks import UsageError, check_choice, check_count
from robustgen._seeds import base_seed, member_seeds, subsample
from robustgen._validation import check_rows
from robustgen.detectors.generation import generators_for, learn_noise, with_noise
from robustgen.detectors.likelihood import bits_an_entry, check_step, gaussian_surprisal
from robustgen.detectors.net_detector import NetDetector
from robustgen.detectors.parameters import settings
from robustgen.detectors.prior import CodePrior
from robustgen.detectors.quantisation import CodeMap
from robustgen.nets.code_maps import (
    CodeNets,
    ConvCodeDecoder,
    ConvCodeEncoder,
    VectorCodeDecoder,
    VectorCodeEncoder,
)
from robustgen.nets.draws import Generators, member_generators
from robustgen.nets.quantizers.base import perplexity, usage_counts
from robustgen.nets.quantizers.codebook import Quantizer
from robustgen.nets.quantizers.slices import slices_of
from robustgen.nets.strided import StridedCodeDecoder, StridedCodeEncoder
from robustgen.nets.vector_quantised import VectorQuantisedNet
from robustgen.objectives.codebooks.schedule import CodebookTraining
from robustgen.objectives.quantisation import mean_squared_error
from robustgen.training import RobustTraining, TrainingConfig

PRIOR_BATCH = 64
PRIOR_LEARNING_RATE = 3e-3
PRIOR_STEPS, LEAST_PRIOR_EPOCHS = 1000, 10
"""How long a prior is trained where the user leaves it open: small sets need many epochs."""
DECODED_ROWS = 256
PRIOR_ROWS = 2**17
"""Training rows whose codes are kept, drawn at random where there are more."""


class QuantisedDetector(NetDetector):
    """A detector whose net has a quantizer; final classes choose it and the score."""

    codebook_training: bool | CodebookTraining | dict[str, Any] | None
    prior_epochs: int | None
    scoring: str

    _SCORINGS: tuple[str, ...] = ("reconstruction", "likelihood")
    _USUAL_TRAINING = CodebookTraining()
    """How a codebook is trained where ``codebook_training`` is None or a dict of what differs."""

    net_: VectorQuantisedNet
    map_shape_: tuple[int, ...]
    codes_: NDArray[np.int64]
    coded_rows_: NDArray[np.intp]
    codebook_perplexity_: NDArray[np.float64]
    codes_used_: NDArray[np.int64]
    noise_: NDArray[np.float64]
    noise_scale_: NDArray[np.float64]
    _noise_mixing: NDArray[np.float64] | None
    prior_: CodePrior | None

    @abstractmethod
    def _build_quantizer(self, code_dim: int) -> Quantizer:
        """Return the quantizer with one member."""

    @abstractmethod
    def _code_map(self) -> CodeMap:
        """Return how the latents are quantised."""

    def _check_own_parameters(self) -> None:
        check_choice("scoring", self.scoring, self._SCORINGS)
        if self.prior_epochs is not None:
            check_count("prior_epochs", self.prior_epochs)
        self._code_map()
        self._asked_schedule()
        self._nets()

    def _nets(self) -> CodeNets:
        """Return the sizes of the nets: the usual ones, where a method does not leave them to the user."""
        return CodeNets()

    def _schedule(self) -> CodebookTraining:
        """Return the codebook's schedule, the quantizer bypassed in half of the epochs at most."""
        asked = self._asked_schedule()
        half = self._config().passes(self._n_rows) // 2
        return replace(asked, bypass_epochs=min(asked.bypass_epochs, half))

    def _asked_schedule(self) -> CodebookTraining:
        if isinstance(self.codebook_training, bool):
            return CodebookTraining.robust() if self.codebook_training else CodebookTraining()
        return settings("codebook_training", self.codebook_training, self._USUAL_TRAINING)

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return 16 if len(row_shape) > 1 else 4

    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> VectorQuantisedNet:
        code_dim, told = self.latent_dim_, self.latent_dim_ + self._n_labels()
        nets = replace(self._nets(), codes_a_position=self._codes_a_place())
        encoder: ConvCodeEncoder | StridedCodeEncoder | VectorCodeEncoder
        decoder: nn.Module
        if len(row_shape) == 3:
            encoder = ConvCodeEncoder(row_shape, code_dim, nets)
            decoder = ConvCodeDecoder(told, row_shape, nets)
        elif len(row_shape) > 1:
            encoder = StridedCodeEncoder(row_shape, code_dim, nets.codes_a_position)
            decoder = StridedCodeDecoder(told, row_shape, nets.codes_a_position)
        else:
            n_positions = self._code_map().positions_of(row_shape[0])
            encoder = VectorCodeEncoder(row_shape[0], self.hidden_dims, n_positions, code_dim)
            decoder = VectorCodeDecoder(n_positions, told, self.hidden_dims, row_shape[0])
        self.map_shape_ = encoder.map_shape
        normed = code_dim if self._asked_schedule().batch_norm else None
        quantizer = self._build_quantizer(code_dim)
        return VectorQuantisedNet(encoder, quantizer, decoder, code_dim=normed, n_labels=self._n_labels())

    def _codes_a_place(self) -> int:
        """Return how many codes stand beside each other at a place of a map."""
        return self._nets().codes_a_position * self._code_map().n_slices

    def _n_labels(self) -> int:
        """Return how many labels the decoder is told: none."""
        return 0

    def _set_up(self, X: Any) -> None:
        self._n_rows = X.shape[0]
        super()._set_up(X)

    def _train(self, X: Any) -> None:
        super()._train(X)
        if (
            self._placement()[0].type != "mps"
        ):  # else rounding, which depends on the batch, would choose codes
            self.net_ = self.net_.double()
        self.prior_ = None
        self._seed = base_seed(self.random_state)
        kept = np.flatnonzero(self._prior_rows(X))
        self.coded_rows_ = kept[subsample(len(kept), PRIOR_ROWS, self._seed)]
        self._learn_codes(X)
        self._learn_errors(X[self.coded_rows_])
        if self.scoring == "likelihood":
            self.fit_prior()

    def _learn_codes(self, X: Any) -> None:
        """Count how often each code stands for a place of the training rows, and keep those of some rows."""
        coded = np.zeros(X.shape[0], dtype=bool)
        coded[self.coded_rows_] = True
        counts: Tensor | float = 0.0
        codes, start = [], 0
        for indices in self._index_blocks(X):
            counts = counts + usage_counts(indices, self._n_indices()).double()
            stop = start + indices.shape[1]
            codes.append(indices.cpu().numpy()[:, coded[start:stop]])
            start = stop
        assert isinstance(counts, Tensor)
        of_slices = counts.unflatten(1, (self._code_map().n_slices, -1))
        self.codebook_perplexity_ = perplexity(of_slices).cpu().numpy()
        self.codes_used_ = (of_slices > 0).sum(-1).cpu().numpy()
        self.codes_ = np.concatenate(codes, axis=1)

    def _learn_errors(self, rows: Any) -> None:
        """Learn how large the decoder's errors are on rows whose codes are kept."""
        errors = []

        def pairs() -> Iterator[tuple[Tensor, Tensor]]:
            for x in self._member_blocks(rows):
                made = self.net_(x)
                errors.append(mean_squared_error(x, made))
                yield x, made

        learn_noise(self, pairs())
        self.noise_ = np.maximum(torch.cat(errors, 1).mean(1).cpu().double().numpy(), 1e-6)

    def _prior_rows(self, X: Any) -> NDArray[np.bool_]:
        """Mark the training rows whose codes the prior learns: all of them."""
        return np.ones(X.shape[0], dtype=bool)

    def _indices(self, X: Any) -> Tensor:
        """Return the codes (K, n, P) of checked rows."""
        return torch.cat(list(self._index_blocks(X)), 1)

    def _index_blocks(self, X: Any) -> Iterator[Tensor]:
        return (self.net_.quantise(self.net_.positions(x)).indices for x in self._member_blocks(X))

    def _errors(self, x: Tensor) -> Tensor:
        if self.scoring == "likelihood":
            return self._surprisal(x)
        return mean_squared_error(x, self.net_(x))

    def _parts(self, x: Tensor) -> Tensor:
        if self.scoring == "likelihood" and len(self.map_shape_) > 1:
            *sides, width = self.map_shape_
            places = self._position_surprisal(x).unflatten(-1, (-1, self._codes_a_place())).sum(-1)
            return laid_out(places, (*sides, width // self._codes_a_place()), x)
        return super()._parts(x)

    def _surprisal(self, x: Tensor) -> Tensor:
        """Return minus the log probability (K, B) of each row's codes under the prior, in nats."""
        return self._position_surprisal(x).sum(-1)

    def _position_surprisal(self, x: Tensor) -> Tensor:
        """Return the same of each position (K, B, P)."""
        prior = self._fitted_prior()
        if prior.n_labels:
            raise UsageError(
                "the prior is conditional on labels, so a row without one has no likelihood: call fit_prior()"
            )
        return prior.position_surprisal(self.net_.quantise(self.net_.positions(x)).indices)

    def encode_codes(self, X: Any) -> NDArray[np.int64]:
        """Return the indices of each row's codes.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of int, ``(n, *map_shape_)``, or ``(n, K, *map_shape_)`` with K > 1 members
            (h, w) for images, (t, h, w) for clips, (P,) for vectors and signals.
        """
        check_is_fitted(self)
        indices = self._indices(check_rows(self, X, fitting=False))
        return self._codes_out(indices)

    def decode_codes(self, codes: Any) -> NDArray[np.float64]:
        """Return what the decoder makes of codes, in the units of X: the members' mean.

        Parameters
        ----------
        codes : array of int, shaped like what ``encode_codes`` returns
            Indices of codes.

        Returns
        -------
        ndarray of float64, ``(n, *input_shape_)``
            The rows.

        Raises
        ------
        UsageError
            When the shape is another, or an index stands for no code.
        """
        check_is_fitted(self)
        return self._decoded(self._codes_in(codes)).mean(0)

    def fit_prior(self, labels: Any = None) -> Any:
        """Fit the autoregressive prior to the codes of the training rows.

        ``sample`` does it where it was not done before.

        Parameters
        ----------
        labels : array of int or None, (n,)
            A label 0, 1, ... of each row of ``codes_``, to condition on.

        Returns
        -------
        self
            The detector, with ``prior_``.
        """
        check_is_fitted(self)
        self.prior_ = self._prior_over(torch.from_numpy(self.codes_), labels, self.map_shape_)
        return self

    def _prior_over(self, codes: Tensor, labels: Any, map_shape: tuple[int, ...]) -> CodePrior:
        """Return a prior that has learnt maps of codes (K, n, P)."""
        device = next(self.net_.parameters()).device
        codes, n_labels = codes.to(device), 0
        if labels is not None:
            given = self._checked_labels(labels, codes.shape[1])
            n_labels = int(given.max()) + 1
            codes = torch.cat([codes, given.to(device).expand(len(codes), -1)[..., None]], dim=-1)
        seeds = member_seeds(self._seed, "prior", self.n_members)
        generators = member_generators(self._seed, "prior draws", self.n_members, device)
        kind: dict[str, Any] = {"row_type": self.row_type_, "n_slices": self._code_map().n_slices}
        prior = CodePrior(map_shape, self._n_indices(), n_labels=n_labels, nets=self._nets(), **kind)
        return prior.fit(codes, self._prior_config(codes.shape[1]), seeds, generators)

    def _prior_config(self, n_rows: int) -> TrainingConfig:
        """Return how the prior is trained: by all rows, and ending with the moving average of its weights."""
        config = TrainingConfig(self.prior_epochs, PRIOR_BATCH, PRIOR_LEARNING_RATE, PRIOR_STEPS)
        epochs = self.prior_epochs or max(LEAST_PRIOR_EPOCHS, config.passes(n_rows))
        return replace(config, epochs=epochs, robust=RobustTraining(keep=1.0, warmup_epochs=epochs))

    def _n_indices(self) -> int:
        """Return how many codes the prior is over."""
        return self.net_.quantizer.n_codes

    def _fitted_prior(self) -> CodePrior:
        if self.prior_ is None:
            self.fit_prior()
        assert self.prior_ is not None
        return self.prior_

    def _checked_labels(self, labels: Any, n_rows: int, n_labels: int | None = None) -> Tensor:
        """Return the labels (n,) of rows, each below n_labels where that many were learnt."""
        told = np.asarray(labels)
        if told.shape != (n_rows,) or told.dtype.kind not in "biu" or (told < 0).any():
            raise UsageError(
                f"got labels of shape {told.shape} and type {told.dtype}, "
                f"expected {n_rows} integers of 0 or more: one for each row that was learnt or is made"
            )
        given = torch.as_tensor(told)
        if n_labels is not None and int(given.max()) >= n_labels:
            raise UsageError(f"got the label {int(given.max())}, expected one below {n_labels}")
        return given.long()

    def sample(
        self,
        n_samples: int = 1,
        *,
        labels: Any = None,
        noise: bool | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ) -> NDArray[np.float64]:
        """Generate rows: codes drawn from the prior one after another, then decoded.

        Parameters
        ----------
        n_samples : int
            How many; the members make them in turn.
        labels : array of int or None, (n_samples,)
            What to condition on, where ``fit_prior`` was given labels.
        noise : bool or None
            Whether to draw from the decoder's distribution, a Gaussian with the standard deviation
            ``noise_scale_`` at each entry and, of vectors of 128 columns or fewer, the correlations of
            its errors; or to take its mean, which lacks the spread that the codes do not explain.
            ``None`` draws vectors, and takes the means of all else, whose entries do not err one by one.
        random_state : int, numpy.random.RandomState, numpy.random.Generator or None
            Seed of the draws; ``None`` takes a fresh one.

        Returns
        -------
        ndarray of float64, ``(n_samples, *input_shape_)``
            Rows in the units of X, images in their shape.
        """
        check_is_fitted(self)
        check_count("n_samples", n_samples)
        prior = self._fitted_prior()
        generators = generators_for(self, random_state)
        each = math.ceil(n_samples / self.n_members)
        given = self._sample_labels(prior, labels, n_samples, each)
        codes = prior.sample(each, generators, given)
        made = self._decoded(codes, given).swapaxes(0, 1)
        return self._drawn(made.reshape(-1, *self.input_shape_)[:n_samples], noise, generators)

    def _drawn(
        self, made: NDArray[np.float64], noise: bool | None, generators: Generators
    ) -> NDArray[np.float64]:
        """Draw rows from the decoder's distribution around its means, where that is asked for."""
        return with_noise(self, made, noise, generators)

    def _sample_labels(self, prior: CodePrior, labels: Any, n_samples: int, each: int) -> Tensor | None:
        if (labels is not None) != (prior.n_labels > 0):
            wanted = "labels" if prior.n_labels else "no labels"
            raise UsageError(f"the prior was fitted with {wanted}: sample takes {wanted} too")
        if labels is None:
            return None
        given = self._checked_labels(labels, n_samples, prior.n_labels)
        padded = torch.cat([given, given.new_zeros(each * self.n_members - n_samples)])
        return padded.view(each, self.n_members).T.to(next(self.net_.parameters()).device)

    def bits_per_dim(self, X: Any, *, step: float | None = None) -> NDArray[np.float64]:
        r"""Return the bound on each row's negative log likelihood, in bits an entry.

        .. math::
            -\tfrac{1}{D \ln 2} \left( \log p(x \mid z_q) + \log p(z_q) \right)
            \ge -\tfrac{1}{D \ln 2} \log p(x)

        with a Gaussian decoder whose variance is the mean squared error of the training rows.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.
        step : float or None
            How far apart neighbouring values are, 1 for integers: each has the probability of its cell, and
            the bound is of the bits that an entry takes. ``None`` takes the density in the units of X, as
            the density of continuous entries it can be below 0.

        Returns
        -------
        ndarray of float64, (n,)
            The members' mean; smaller = better explained.
        """
        check_is_fitted(self)
        check_step(step)
        checked = check_rows(self, X, fitting=False)
        return torch.cat([self._bits(x, step) for x in self._member_blocks(checked)]).cpu().double().numpy()

    def _bits(self, x: Tensor, step: float | None) -> Tensor:
        """Return the bound (B,) of scaled rows."""
        scale = torch.as_tensor(self.scaling_.scale, dtype=x.dtype, device=x.device)
        noise = torch.as_tensor(self.noise_, dtype=x.dtype, device=x.device).sqrt()
        deviation = noise.view(-1, *[1] * (x.ndim - 1)) * scale
        nats = gaussian_surprisal((x - self.net_(x)) * scale, deviation, step).flatten(2).sum(-1)
        return bits_an_entry(nats + self._surprisal(x), x[0, 0].numel())

    def _decoded(self, codes: Tensor, labels: Tensor | None = None) -> NDArray[np.float64]:
        """Return the rows (K, n, *input_shape_) that codes (K, n, P) stand for, in the units of X."""
        told = codes.new_full(codes.shape[:2], -1) if labels is None else labels
        parts = zip(codes.split(DECODED_ROWS, dim=1), told.split(DECODED_ROWS, dim=1), strict=True)
        made = [
            self.scaling_.invert(self.net_.decode(self.net_.quantizer.decode(part), some).cpu().double())
            for part, some in parts
        ]
        return torch.cat(made, 1).numpy().reshape(*codes.shape[:2], *self.input_shape_)

    def _codes_out(self, indices: Tensor) -> NDArray[np.int64]:
        codes = indices.transpose(0, 1).cpu().numpy().reshape(-1, len(indices), *self.map_shape_)
        return codes[:, 0] if self.n_members == 1 else codes

    def _codes_in(self, codes: Any) -> Tensor:
        given = np.asarray(codes)
        members = () if self.n_members == 1 else (self.n_members,)
        shape = (*members, *self.map_shape_)
        if given.shape[1:] != shape or not np.issubdtype(given.dtype, np.integer):
            raise UsageError(
                f"got codes of shape {given.shape} and type {given.dtype}, expected integers (n, "
                f"{', '.join(map(str, shape))}) as encode_codes returns them"
            )
        n_codes = self.net_.quantizer.n_codes
        if given.size and not 0 <= given.min() <= given.max() < n_codes:
            raise UsageError(f"got codes from {given.min()} to {given.max()}, expected 0 to {n_codes - 1}")
        flat = torch.from_numpy(given.astype(np.int64)).reshape(len(given), self.n_members, -1)
        self._check_slices(flat)
        return flat.transpose(0, 1).to(next(self.net_.parameters()).device)

    def _check_slices(self, codes: Tensor) -> None:
        """Raise where codes (n, K, P) are not of their positions' slices."""
        n_slices, size = self.net_.quantizer.n_slices, self.net_.quantizer.slices()[0].codes.shape[1]
        wanted = slices_of(codes.shape[-1], n_slices)
        wrong = (codes // size % n_slices != wanted).nonzero()
        if len(wrong):
            row, member, position = wrong[0].tolist()
            least = int(wanted[position]) * size
            raise UsageError(
                f"got code {int(codes[row, member, position])} at position {position}, expected {least} to "
                f"{least + size - 1}: each of the {n_slices} slices has codes of its own"
            )


def laid_out(values: Tensor, map_shape: tuple[int, ...], rows: Tensor) -> Tensor:
    """Lay the value of each position of a code map over the entries of its cell, evenly.

    Parameters
    ----------
    values : torch.Tensor
        (K, B, P).
    map_shape : tuple of int
        (h, w) or (t, h, w), P positions.
    rows : torch.Tensor
        Images (K, B, C, H, W) or clips (K, B, C, T, H, W), whose shape the result has; each channel gets the
        same.

    Examples
    --------
    >>> laid_out(torch.tensor([[[1.0, 4.0]]]), (1, 2), torch.zeros(1, 1, 1, 1, 4))[0, 0, 0, 0]
    tensor([0.5000, 0.5000, 2.0000, 2.0000])
    """
    n_positions = values.shape[-1]
    positions = torch.arange(n_positions, dtype=torch.float32, device=values.device).view(1, 1, *map_shape)
    cells = functional.interpolate(positions, size=rows.shape[3:], mode="nearest")[0, 0].long()
    sizes = torch.bincount(cells.flatten(), minlength=n_positions)
    return (values[..., cells] / sizes[cells])[:, :, None].expand_as(rows)
