"""Detectors of one net: members, latent codes, reconstructions, export."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from robustgen._checks import UsageError, check_choice, check_count
from robustgen._sources import selected
from robustgen._validation import check_rows
from robustgen.detectors.answers import Neighbourhoods, judged_neighbourhoods
from robustgen.detectors.base import Detector
from robustgen.detectors.parameters import check_contamination, check_dims, robust_training
from robustgen.detectors.streams import Drift
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.members import initialise
from robustgen.objectives.base import Objective
from robustgen.objectives.errors import shared, squared_parts
from robustgen.training import History, RobustTraining, TrainingConfig
from robustgen.training.checkpoints import State
from robustgen.training.device import choose_device
from robustgen.training.fitting import fit_members
from robustgen.training.loop import Training
from robustgen.training.scaling import SCALINGS, chosen_scaling, fit_scaling, scaled_limits


class NetDetector(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Detector):
    """A detector that scores a row by how badly its net explains it.

    A method chooses three parts: a net, an objective and the error that scores. Final classes store the
    parameters named below in their ``__init__`` and implement the abstract methods.
    """

    latent_dim: int | None
    hidden_dims: tuple[int, ...]
    scaling: str | None
    epochs: int | None
    batch_size: int | str
    learning_rate: float
    n_members: int
    robust: bool | RobustTraining | dict[str, Any]
    training: dict[str, Any] | None
    device: str
    random_state: int | np.random.RandomState | None
    verbose: bool

    _least_layers = 1
    """Hidden layers that the net needs."""

    net_: AutoencoderNet
    history_: History
    drift_: Drift
    _learner: State | None = None
    """What a training of this process can go on from; no file holds it."""
    unstored: ClassVar[tuple[str, ...]] = ("_learner",)
    latent_dim_: int

    @abstractmethod
    def _check_own_parameters(self) -> None:
        """Raise a UsageError unless the method's own parameters are in their ranges."""

    @abstractmethod
    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        """Return d where the user leaves it open."""

    @abstractmethod
    def _build_net(self, row_shape: tuple[int, ...], limits: tuple[float, float]) -> AutoencoderNet:
        """Return the net with one member, for rows of a shape whose scaled values lie within limits."""

    @abstractmethod
    def _build_objective(self) -> Objective:
        """Return what is minimised."""

    @abstractmethod
    def _errors(self, x: Tensor) -> Tensor:
        """Return the error (K, B) of ``net_`` on each scaled row, larger = more outlying."""

    def _parts(self, x: Tensor) -> Tensor:
        """Return what each entry's part in the error is proportional to, (K, B, ...): its squared residual.

        Where the error is a sum over the entries, these are its terms.
        """
        return squared_parts(x, self.net_(x))

    def _prepare(self) -> None:
        """Decide from ``row_type_`` what the user left open: nothing."""

    def _check_parameters(self) -> None:
        if self.latent_dim is not None:
            check_count("latent_dim", self.latent_dim)
        check_dims("hidden_dims", self.hidden_dims, least=self._least_layers)
        check_choice("scaling", self.scaling, ["auto", *SCALINGS])
        check_count("n_members", self.n_members)
        check_contamination(self.contamination)
        self._config()
        self._check_own_parameters()
        choose_device(self.device)

    def _config(self) -> TrainingConfig:
        config = TrainingConfig(
            self.epochs, self.batch_size, self.learning_rate, robust=robust_training(self.robust)
        )
        return config.updated(self.training or {})

    def _learn(self, X: Any, judged: Neighbourhoods | None) -> None:
        self._train(X if judged is None else selected(X, judged.remaining))

    def _train(self, X: Any) -> None:
        """Learn from all of some rows: from the start, or one epoch more where something was learnt."""
        former = None
        if hasattr(self, "net_"):
            former = Training(self.history_, self._learner)
        else:
            self._set_up(X)
        self.net_, training = fit_members(
            self,
            X,
            self._initialised if former is None else self._learnt,
            self._build_objective(),
            self._config(),
            choose_device(self.device),
            former,
        )
        self.history_, self._learner = training

    def _learnt(self, seeds: Sequence[int]) -> AutoencoderNet:
        """Return a copy of the net that can learn more."""
        return copy.deepcopy(self.net_).float().requires_grad_(True)

    def _set_up(self, X: Any) -> None:
        """Decide, from the rows, all that a training needs and does not learn."""
        self.scaling_ = fit_scaling(X, self._chosen_scaling())
        self.latent_dim_ = self.latent_dim or self._default_latent_dim(X.shape[1:])
        self._n_features_out = self.n_members * self.latent_dim_
        self._limits = scaled_limits(X, self.scaling_)
        self._prepare()

    def partial_fit(self, X: Any, y: Any = None) -> Any:
        r"""Learn the next rows of a stream: one pass over them, from the present weights on.

        The first call is a ``fit``. Each further one

        1. scores the rows before they are learnt and compares these scores with ``training_scores_``:
           ``drift_``, a two-sample Kolmogorov-Smirnov test (:class:`robustgen.detectors.streams.Drift`);
        2. trains one epoch, with the moments of the optimisers, averages and codebooks as the last call left
           them (of a model from a file, with optimisers that begin anew);
        3. sets ``training_scores_``, the threshold and the audit anew, by these rows alone.

        What rows are, their scaling and the net stay those of the first call. A call that fails leaves the
        detector as it was.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix, memory map or RowSource
            Rows shaped like the training rows, two at least.
        y : array, Answers or None
            What a person says of some of them, as by ``fit``.

        Returns
        -------
        self
            The detector.

        Raises
        ------
        ValueError
            As by ``fit``, and when X does not look like the training rows.

        Notes
        -----
        After a ``fit`` of many epochs on few rows, their scores are better than those of new rows of the same
        distribution, and the first p-value is too small; later ones compare with rows that were learnt once.
        """
        if not hasattr(self, "net_"):
            return self.fit(X, y)
        learner = copy.copy(self)
        learner._learn_on(X, y)
        self.__dict__.update(vars(learner))
        return self

    def _learn_on(self, X: Any, y: Any) -> None:
        self._check_parameters()
        rows = check_rows(self, X, fitting=False)
        if rows.shape[0] < 2:
            raise UsageError("got one row, expected two at least: collect some rows of the stream first")
        self.drift_ = Drift.between(self._score(rows), self.training_scores_)
        judged = judged_neighbourhoods(rows, y)
        self._learn(rows, judged)
        self._conclude(rows, judged)

    def _chosen_scaling(self) -> str | None:
        return chosen_scaling(self.scaling, self.row_type_)

    def _initialised(self, seeds: Sequence[int]) -> AutoencoderNet:
        return initialise(lambda: self._build_net(self._row_shape(), self._limits), seeds)

    def _placement(self) -> tuple[torch.device, torch.dtype]:
        parameter = next(self.net_.parameters())
        return parameter.device, parameter.dtype

    def _row_errors(self, x: Tensor) -> Tensor:
        return self._errors(self._for_members(x)).mean(0)

    def _contributions(self, x: Tensor) -> Tensor:
        members = self._for_members(x)
        return shared(self._errors(members), self._parts(members)).mean(0)

    def _for_members(self, x: Tensor) -> Tensor:
        """Return rows (B, ...) as (K, B, ...), the same for every member."""
        return x.expand(self.n_members, *x.shape)

    def _member_blocks(self, X: Any) -> Iterator[Tensor]:
        """Yield the scaled rows in order, (K, B, ...), the same for every member."""
        return map(self._for_members, self._blocks(X))

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return the latent code of each row, the members' codes side by side.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, (n, K * d)
            The codes.
        """
        check_is_fitted(self)
        codes = [self.net_.latent(x) for x in self._member_blocks(check_rows(self, X, fitting=False))]
        return torch.cat(codes, dim=1).transpose(0, 1).flatten(1).cpu().double().numpy()

    def reconstruct(self, X: Any) -> NDArray[np.float64]:
        """Return what the net makes of each row, in the units of X: the members' mean.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, shaped like X
            The reconstructions.
        """
        check_is_fitted(self)
        checked = check_rows(self, X, fitting=False)
        made = [
            self.scaling_.invert(self.net_(x).mean(0).cpu().double()) for x in self._member_blocks(checked)
        ]
        return torch.cat(made).numpy().reshape(-1, *self.input_shape_)

    def _in_single_precision(self) -> tuple[Detector, list[nn.Module]]:
        other = copy.copy(self)
        other.net_ = copy.deepcopy(self.net_).cpu().float()
        return other, [other.net_]

    def untrained(self, name: str) -> AutoencoderNet:
        """Return a net shaped like ``net_`` with random weights, for a model file to fill.

        Parameters
        ----------
        name : str
            The attribute of the net.

        Returns
        -------
        torch.nn.Module
            The net, on the CPU.
        """
        return self._initialised(range(self.n_members))
