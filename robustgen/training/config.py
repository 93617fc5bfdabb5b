"""How to train: the settings that every method shares."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from robustgen._checks import UsageError, is_count, is_number, require, suggest
from robustgen._storable import storable
from robustgen.nets.replicas import processes

PRECISIONS = ("auto", "float32", "tf32", "bf16")
WEIGHTINGS = ("trim", "soft")
BATCH_ROWS, MOST_BATCH_ROWS = 128, 1024
MOST_BATCHES = 128
"""Of an epoch, before ``batch_size="auto"`` takes larger ones."""


@storable
@dataclass(frozen=True)
class RobustTraining:
    r"""Let a slow copy of the net decide which rows of a batch to learn from.

    The teacher is the exponential moving average
    :math:`\bar\theta \leftarrow \delta \bar\theta + (1 - \delta) \theta` of the net's weights,
    and it scores in the end. After the first epochs the rows of each batch are weighed by the teacher's
    errors :math:`e_i`: inliers, which agree with each other, are learnt first, and a copy that
    lags has not yet memorised the outliers.

    Parameters
    ----------
    keep : float in (0, 1]
        Share of each batch that is kept, the rows of smallest error.
    decay : float in [0, 1)
        :math:`\delta`; smaller in the first steps, :math:`\min(\delta, (1 + t)/(10 + t))`, so that
        the average forgets the initial weights.
    warmup_epochs : int
        Epochs before the first row is dropped.
    weighting : {"trim", "soft"}
        "trim": weight 1 for the kept share and 0 for the rest. "soft": weight
        :math:`1 / (1 + (e_i / q)^4)` with q the error at the kept share: no row is wholly dropped.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> RobustTraining(keep=0.7).decay
    0.99
    """

    keep: float = 0.5
    decay: float = 0.99
    warmup_epochs: int = 2
    weighting: str = "trim"

    def __post_init__(self) -> None:
        require(is_number(self.keep) and 0 < self.keep <= 1, f"keep={self.keep!r}", "a share in (0, 1]")
        require(is_number(self.decay) and 0 <= self.decay < 1, f"decay={self.decay!r}", "a decay in [0, 1)")
        require(is_count(self.warmup_epochs, 0), f"warmup_epochs={self.warmup_epochs!r}", "0 or more epochs")
        require(self.weighting in WEIGHTINGS, f"weighting={self.weighting!r}", f"one of {WEIGHTINGS}")


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of :func:`robustgen.training.train`.

    Parameters
    ----------
    epochs : int or None
        Passes over the rows, at most; ``None`` makes as many as give ``steps``.
    batch_size : int or "auto"
        Rows per batch of each member and process; the last batch of an epoch may be smaller. "auto" takes
        the smallest of 128, 256, 512 and 1,024 rows that makes an epoch at most 128 batches: 128 up to 16,384
        rows, 1,024 from 65,537 on, where epochs have more batches again.
    learning_rate : float
        Adam's step, times each player's own factor.
    steps : int
        The budget of batches where ``epochs`` is ``None``: sets of all sizes are then trained as long.
    clip_norm : float or None
        Largest Euclidean norm of a member's gradient, for each player.
    patience : int or None
        Stop a member after so many epochs in which its training objective did not fall by
        ``min_improvement``; ``None`` trains all epochs. Epochs before a schedule has ended, such as a
        codebook's bypass, do not count.
    min_improvement : float
        Smallest relative fall that counts.
    precision : {"auto", "float32", "tf32", "bf16"}
        Arithmetic of the training steps. "auto" is float32 on a CPU and on mps, and tf32 (whose
        results stay float32) on CUDA.
    robust : RobustTraining or None
        Robust training, or none.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> TrainingConfig(epochs=5).batch_size
    128
    """

    epochs: int | None = 100
    batch_size: int | str = 128
    learning_rate: float = 1e-3
    steps: int = 10_000
    clip_norm: float | None = None
    patience: int | None = None
    min_improvement: float = 1e-4
    precision: str = "auto"
    robust: RobustTraining | None = None

    def __post_init__(self) -> None:
        require(
            self.epochs is None or is_count(self.epochs),
            f"epochs={self.epochs!r}",
            "1 or more epochs, or None",
        )
        require(is_count(self.steps), f"steps={self.steps!r}", "1 or more batches")
        require(
            self.batch_size == "auto" or is_count(self.batch_size),
            f"batch_size={self.batch_size!r}",
            "1 or more rows, or 'auto'",
        )
        require(_is_above_0(self.learning_rate), f"learning_rate={self.learning_rate!r}", "a rate above 0")
        require(
            self.clip_norm is None or _is_above_0(self.clip_norm),
            f"clip_norm={self.clip_norm!r}",
            "a norm above 0",
        )
        require(
            self.patience is None or is_count(self.patience),
            f"patience={self.patience!r}",
            "1 or more epochs",
        )
        require(
            is_number(self.min_improvement) and self.min_improvement >= 0,
            f"min_improvement={self.min_improvement!r}",
            "0 or more",
        )
        require(self.precision in PRECISIONS, f"precision={self.precision!r}", f"one of {PRECISIONS}")
        require(
            self.robust is None or isinstance(self.robust, RobustTraining),
            f"robust={self.robust!r}",
            "a RobustTraining or None",
        )

    def passes(self, n_rows: int) -> int:
        """Return how many passes over some rows are made, at most.

        Parameters
        ----------
        n_rows : int
            Rows of a pass.

        Returns
        -------
        int
            ``epochs``, or the fewest passes that have ``steps`` batches.

        Examples
        --------
        >>> TrainingConfig(epochs=None, batch_size=32, steps=10).passes(100)
        3
        """
        return self.epochs or math.ceil(self.steps / self._batches_of_a_pass(n_rows))

    def batches(self, n_rows: int) -> int:
        """Return how many batches there are in all passes over some rows.

        Parameters
        ----------
        n_rows : int
            Rows of a pass.

        Returns
        -------
        int
            Batches, at most.

        Examples
        --------
        >>> TrainingConfig(epochs=None, batch_size=32, steps=10).batches(100)
        12
        """
        return self.passes(n_rows) * self._batches_of_a_pass(n_rows)

    def _batches_of_a_pass(self, n_rows: int) -> int:
        return math.ceil(n_rows / (self.batch_rows(n_rows) * processes()))

    def batch_rows(self, n_rows: int) -> int:
        """Return how many rows a batch of each process has.

        Parameters
        ----------
        n_rows : int
            Rows of a pass.

        Returns
        -------
        int
            ``batch_size``, or what "auto" makes of the rows.

        Examples
        --------
        >>> config = TrainingConfig(batch_size="auto")
        >>> [config.batch_rows(n_rows) for n_rows in (100, 16_384, 16_385, 1_000_000)]
        [128, 128, 256, 1024]
        """
        if not isinstance(self.batch_size, str):
            return self.batch_size
        times = math.ceil(n_rows / (MOST_BATCHES * BATCH_ROWS * processes()))
        return min(MOST_BATCH_ROWS, BATCH_ROWS << (times - 1).bit_length())

    def updated(self, options: dict[str, Any]) -> TrainingConfig:
        """Return a copy with some settings changed.

        Parameters
        ----------
        options : dict of str to object
            The new value of each setting that changes, under its name.

        Returns
        -------
        TrainingConfig
            The copy.

        Raises
        ------
        UsageError
            When a name is not a setting, or a value is out of its range.

        Examples
        --------
        >>> TrainingConfig().updated({"clip_norm": 1.0}).clip_norm
        1.0
        """
        require(isinstance(options, dict), f"training={options!r}", "a dict of settings")
        known = [field.name for field in fields(self)]
        for name in options:
            if name not in known:
                raise UsageError(
                    f"unknown training option '{name}'{suggest(name, known)} (known: {', '.join(known)})"
                )
        return replace(self, **options)


def _is_above_0(value: Any) -> bool:
    return is_number(value) and value > 0
