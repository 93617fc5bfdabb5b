"""The learned inverse of a symmetric system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from robustgen._checks import UsageError, check_choice, check_count, suggest
from robustgen._fitting import all_at_once
from robustgen._storable import storable
from robustgen._validation import check_rows
from robustgen.detectors.parameters import check_dims, robust_training
from robustgen.inverse.targets import TargetForm, check_targets
from robustgen.metrics.recovery import relative_error
from robustgen.nets.members import count, initialise
from robustgen.nets.mlp import MLP
from robustgen.objectives.autoencoding import Regression
from robustgen.objectives.errors import RECONSTRUCTION_ERRORS
from robustgen.symmetry import FourierCanonicalizer, PhaseCanonicalizer, SignCanonicalizer
from robustgen.training import History, RobustTraining, TrainingConfig
from robustgen.training.device import choose_device
from robustgen.training.fitting import fit_members
from robustgen.training.rows import RowBlocks, block_rows
from robustgen.training.scaling import Scaling, fit_scaling

CANONICALIZERS: Mapping[str, type[BaseEstimator]] = {
    "sign": SignCanonicalizer,
    "phase": PhaseCanonicalizer,
    "fourier": FourierCanonicalizer,
}


@storable
class InverseRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator):
    r"""MLP from observations y back to the signals x that they came from, the symmetries of x broken first.

    Minimises :math:`\sum_i \rho(\kappa(x_i), f(y_i))`, f an MLP, :math:`\kappa` the map to the representative
    of an orbit, :math:`\rho` an error. Where several x give the same y, a net that learns the raw
    pairs learns an average of the alternatives, which may be none of them: of x and -x it learns 0.
    Between representatives there is nothing to average. In scikit-learn's words the observations
    are ``X``, the signals ``y``.

    Parameters
    ----------
    symmetry : {"sign", "phase", "fourier"}, transformer or None
        What the signals are known up to: the group of a canonicalizer of :mod:`robustgen.symmetry` at
        its defaults, a transformer such as ``SignCanonicalizer(reference="principal")``, or nothing.
    loss : {"l2", "l1", "l21"}
        :math:`\rho`: squared Euclidean, absolute, or Euclidean (a far target pulls with bounded force).
    hidden_dims : tuple of int
        Widths of the hidden layers.
    scaling : {"standard", "robust"} or None
        Of each column of observations and of targets: minus its mean over its standard
        deviation, minus its median over its interquartile range, or as it is.
    epochs : int or None
        Passes over the rows; ``None`` makes as many as give the ``steps`` of ``training``.
    batch_size : int or "auto"
        Rows per training step; "auto" takes 128, and more from 16,385 rows on, as
        :class:`robustgen.training.TrainingConfig` says.
    learning_rate : float
        Adam's step.
    n_members : int
        K, nets that are trained at once, each with its own start and shuffles; the estimate is
        their mean.
    robust : bool or RobustTraining
        Learn from the rows of each batch that a moving average of the net explains best; see
        :class:`robustgen.training.RobustTraining`.
    training : dict or None
        Further settings of :class:`robustgen.training.TrainingConfig`: ``steps``,
        ``clip_norm``, ``patience``, ``min_improvement``, ``precision``.
    device : str
        "auto" (cuda, else mps, else cpu) or a torch device.
    random_state : int, numpy.random.RandomState or None
        Seed of initialisation and shuffles. The same integer gives the same estimates to the last
        bit on one CPU.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    canonicalizer_ : transformer or None
        What breaks the symmetry.
    history_ : robustgen.training.History
        The term "regression" by epoch and member.
    net_ : robustgen.nets.mlp.MLP
        The trained net.
    input_shape_ : tuple of int
        The shape of one observation.
    target_form_ : robustgen.inverse.targets.TargetForm
        The shape of one target, and whether it is complex.
    n_features_in_ : int
        Entries of one observation.
    feature_names_in_ : ndarray of str
        Names of the columns, where X had some.

    References
    ----------
    Tayal, Lai, Kumar and Sun, "Inverse Problems, Deep Learning, and Symmetry Breaking", 2020,
    https://arxiv.org/abs/2003.09077.

    Examples
    --------
    >>> import numpy as np
    >>> from robustgen import InverseRegressor
    >>> rng = np.random.default_rng(0)
    >>> x, A = rng.normal(size=(2000, 2)), rng.normal(size=(2, 8))
    >>> y = (x @ A) ** 2
    >>> broken = InverseRegressor(symmetry="sign", epochs=20, random_state=0).fit(y, x)
    >>> raw = InverseRegressor(epochs=20, random_state=0).fit(y, x)
    >>> bool(broken.score(y, x) > 0.6), bool(raw.set_params(symmetry="sign").score(y, x) < 0.2)
    (True, True)
    """

    canonicalizer_: Any
    net_: MLP
    scaling_: Scaling
    history_: History
    target_form_: TargetForm
    input_shape_: tuple[int, ...]
    n_features_in_: int

    def __init__(
        self,
        *,
        symmetry: str | BaseEstimator | None = None,
        loss: str = "l2",
        hidden_dims: tuple[int, ...] = (256, 256),
        scaling: str | None = "standard",
        epochs: int | None = 100,
        batch_size: int | str = 128,
        learning_rate: float = 1e-3,
        n_members: int = 1,
        robust: bool | RobustTraining = False,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.symmetry = symmetry
        self.loss = loss
        self.hidden_dims = hidden_dims
        self.scaling = scaling
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_members = n_members
        self.robust = robust
        self.training = training
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @all_at_once
    def fit(self, X: Any, y: Any) -> Any:
        """Learn the inverse from pairs.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Observations (n, p), or images (n, H, W) or (n, C, H, W).
        y : array, (n,), (n, q), (n, H, W) or (n, C, H, W)
            The signals that they came from, real or complex.

        Returns
        -------
        self
            The fitted regressor.

        Raises
        ------
        ValueError
            When a parameter is out of its range, X or y hold text, NaN or infinity, their lengths
            differ, or the training diverges; its text is one line that says what to do.
        """
        config = self._checked_config()
        device = choose_device(self.device)
        observations = _as_columns(check_rows(self, X, fitting=True))
        signals = check_targets(observations, y)
        self.target_form_ = TargetForm.of(signals)
        self.canonicalizer_ = canonicalizer(self.symmetry)
        if self.canonicalizer_ is not None:
            self.canonicalizer_.fit(_as_rows(signals))
        pairs = np.hstack([observations, self.target_form_.columns(self._representatives(signals))])
        self.scaling_ = fit_scaling(pairs, self.scaling)
        objective = Regression(self.loss, self.n_features_in_)
        self.net_, training = fit_members(self, pairs, self._initialised, objective, config, device)
        self.history_ = training.history
        return self

    def _checked_config(self) -> TrainingConfig:
        check_choice("loss", self.loss, RECONSTRUCTION_ERRORS)
        check_dims("hidden_dims", self.hidden_dims)
        # Not "auto", which looks for words: pairs of observations and targets are none.
        check_choice("scaling", self.scaling, ("standard", "robust", None))
        check_count("n_members", self.n_members)
        config = TrainingConfig(
            self.epochs, self.batch_size, self.learning_rate, robust=robust_training(self.robust)
        )
        return config.updated(self.training or {})

    def _initialised(self, seeds: Sequence[int]) -> MLP:
        """Return the net before its training, a member for each seed."""
        dims = [self.n_features_in_, *self.hidden_dims, len(self.scaling_.center) - self.n_features_in_]
        return initialise(lambda: MLP(dims), seeds)

    def untrained(self, name: str) -> MLP:
        """Return a net of the shape of a fitted one, for a file's tensors to fill.

        Parameters
        ----------
        name : str
            The attribute of the net.

        Returns
        -------
        robustgen.nets.mlp.MLP
            The net, on the CPU.
        """
        return self._initialised(range(self.n_members))

    def predict(self, X: Any) -> NDArray[Any]:
        """Estimate the signals behind observations.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Observations shaped like the training ones.

        Returns
        -------
        ndarray, (n, ...)
            The members' mean estimate of each representative, shaped like the targets, and complex where
            they were.

        Raises
        ------
        ValueError
            When X does not look like the training rows or holds text, NaN or infinity.
        """
        check_is_fitted(self)
        observations = _as_columns(check_rows(self, X, fitting=False))
        made = [self.net_(block).mean(0).cpu().double().numpy() for block in self._blocks(observations)]
        _, targets = self._scalings()
        columns = np.concatenate(made) * targets.scale + targets.center
        return self.target_form_.targets(columns)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        r"""Return 1 minus the mean relative error modulo the symmetry; larger is better.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Observations.
        y : array
            The signals that they came from, in any of their forms.
        sample_weight : array, (n,), or None
            Weights of the rows.

        Returns
        -------
        float
            At most 1; about 0 for an estimate of 0. For a named symmetry (or none) the error is
            :func:`robustgen.metrics.relative_error`, the least over the group; for a transformer it is the
            error between representatives, which is at least that.

        Raises
        ------
        ValueError
            When X or y do not look like the training ones.
        """
        signals, estimates = check_targets(X, y), self.predict(X)
        if self.symmetry is None or isinstance(self.symmetry, str):
            errors = relative_error(_as_rows(signals), _as_rows(estimates), self.symmetry)
        else:
            forms = self._representatives(signals), self._representatives(estimates)
            errors = relative_error(_as_rows(forms[0]), _as_rows(forms[1]))
        return 1 - float(np.average(errors, weights=sample_weight))

    def _representatives(self, signals: NDArray[Any]) -> NDArray[Any]:
        if self.canonicalizer_ is None:
            return signals
        rows = _as_rows(signals)
        made = np.asarray(self.canonicalizer_.transform(rows))
        if made.shape != rows.shape:
            raise UsageError(
                f"got symmetry={self.symmetry!r}, which makes {made.shape} of targets {rows.shape}: "
                "expected a transformer that keeps the shape"
            )
        return made.reshape(signals.shape)

    def _blocks(self, observations: NDArray[np.float64]) -> Iterator[Tensor]:
        """Yield the scaled observations in order, (K, B, p), the same for every member."""
        parameter, members = next(self.net_.parameters()), count(self.net_)
        blocks = RowBlocks(observations, self._scalings()[0], parameter.device, parameter.dtype)
        for block in blocks.sequence(block_rows(members, observations.shape[1:])):
            yield block.expand(members, *block.shape)

    def _scalings(self) -> tuple[Scaling, Scaling]:
        """Return the scaling of the observations and that of the targets."""
        center, scale, p = self.scaling_.center, self.scaling_.scale, self.n_features_in_
        return Scaling(center[:p], scale[:p]), Scaling(center[p:], scale[p:])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.regressor_tags.poor_score = True  # a relative error is no measure of numbers near 0
        return tags


def canonicalizer(symmetry: Any) -> Any:
    """Return what breaks a symmetry, not yet fitted.

    Raises
    ------
    UsageError
        When it is neither a name, a transformer nor ``None``.

    Examples
    --------
    >>> canonicalizer("sign")
    SignCanonicalizer()
    """
    if symmetry is None:
        return None
    if isinstance(symmetry, str) and symmetry in CANONICALIZERS:
        return CANONICALIZERS[symmetry]()
    if hasattr(symmetry, "fit_transform") and not isinstance(symmetry, type):
        return clone(symmetry)
    hint = suggest(symmetry, CANONICALIZERS) if isinstance(symmetry, str) else ""
    raise UsageError(
        f"got symmetry={symmetry!r}, expected one of 'sign', 'phase', 'fourier', a transformer or None{hint}"
    )


def _as_rows(signals: NDArray[Any]) -> NDArray[Any]:
    return signals.reshape(-1, 1) if signals.ndim == 1 else signals


def _as_columns(X: Any) -> NDArray[np.float64]:
    dense = X.toarray() if sparse.issparse(X) else np.asarray(X)
    return dense.reshape(len(dense), -1)
