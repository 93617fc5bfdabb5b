"""A fitted model at work: what it says of rows, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import shown
from robustgen.cli.model import detector_of, one_line
from robustgen.cli.progress import watched
from robustgen.triage.reasons import column_shares, worded_reasons

if TYPE_CHECKING:
    from robustgen.data.files import RowOptions, TableOptions
    from robustgen.inputs import Input


@dataclass(frozen=True)
class FittedModel:
    """A fitted model, and the scores that it is calibrated by.

    Attributes
    ----------
    name : str
        The model's file.
    model : estimator
        A detector, or a pipeline that ends in one.
    reference : ndarray of float or None
        Scores of rows that were kept from it, where there are some.
    """

    name: str
    model: Any
    reference: NDArray[np.float64] | None = None

    @classmethod
    def read(cls, path: Path) -> FittedModel:
        """Read a model file; a calibrated model is taken apart."""
        from robustgen.data.files import expect_there
        from robustgen.storage import load

        expect_there(path)
        loaded = load(path)
        if not hasattr(loaded, "parts_"):
            return cls(str(path), loaded)
        if len(loaded.parts_) > 1:
            raise UsageError(f"'{path}' was calibrated across folds: fit it with a share, such as 0.3")
        (part,) = loaded.parts_
        return cls(str(path), part.detector, part.reference)

    @property
    def text_columns(self) -> frozenset[str]:
        """The columns of a table that were text in training: in a few rows they may look like numbers."""
        return frozenset(self.model[0].text_columns() if hasattr(self.model, "named_steps") else ())

    @property
    def tabular(self) -> bool:
        """Whether the model was fitted on a table."""
        return hasattr(self.model, "named_steps") or getattr(self.model, "channels_", None) is not None

    @property
    def of_series(self) -> bool:
        """Whether rows are the points of a series."""
        return hasattr(self.model, "score_next")

    @property
    def calibrated(self) -> bool:
        """Whether scores were kept aside, so that there are p-values."""
        return bool(self.model.reference_.size) if self.of_series else self.reference is not None

    def reading(self, tables: TableOptions) -> FittedModel:
        """Return the model for a table that is written otherwise than the one that it was fitted on."""
        written = {name: given for name, given in tables.given.items() if name != "encoding"}
        if not written:
            return self
        if not hasattr(self.model, "named_steps"):
            raise UsageError(f"the model '{self.name}' was fitted on no table: leave out --{min(written)}")
        from sklearn.pipeline import Pipeline

        encoder = self.model[0].written(**written)
        return replace(self, model=Pipeline([("table", encoder), *self.model.steps[1:]]))

    @property
    def row_options(self) -> RowOptions:
        """How files are read for the model: images grey or in colour, sounds at the rate that it learnt."""
        from robustgen.data.files import RowOptions

        detector = detector_of(self.model)
        shape: tuple[int, ...] = getattr(detector, "input_shape_", ())  # a series has none
        if getattr(detector, "row_type_", None) == "signals":
            return RowOptions(rate=detector.rate_, mono=shape[0] == 1)
        if len(shape) < 2:
            return RowOptions()
        return RowOptions(mode="RGB" if len(shape) == 3 and shape[0] == 3 else "L")

    def expect_columns(self, source: Input) -> None:
        """Raise where rows have no columns that a reason could name."""
        if not source.tabular:
            raise UsageError(
                f"'{shown(source.path)}' has no columns that could be named: leave out --explain"
            )

    def scores(self, source: Input) -> NDArray[np.float64]:
        """Score every row, a block at a time, with a progress bar on a terminal."""
        if source.tabular != self.tabular:
            learnt, given = ("a table", "none") if self.tabular else ("arrays or files", "a table")
            raise UsageError(
                f"the model '{self.name}' was fitted on {learnt}, but '{source.path}' is {given}"
            )
        with one_line():
            if self.of_series:  # a point is scored with those around it
                return np.asarray(self.model.score_samples(source.whole()))
            parts = [
                self.model.score_samples(rows) for rows in watched(source.blocks(), source.about(), "scoring")
            ]
        return np.concatenate(parts)

    def p_values(self, scores: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the column "p_value" where the model was calibrated."""
        from robustgen.inference.p_values import conformal_p_values
        from robustgen.inference.scores import tolerance_of

        if self.of_series and self.calibrated:
            return {"p_value": self.model.block_p_values(scores)}
        if self.reference is None:
            return {}
        return {"p_value": conformal_p_values(scores, self.reference, tolerance_of(self.model))}

    def outliers(
        self,
        scores: NDArray[np.float64],
        p_values: Mapping[str, NDArray[np.float64]],
        fdr: float | None = None,
    ) -> NDArray[np.bool_]:
        """Mark outliers: what lies below the model's threshold, or discoveries at a false discovery rate."""
        from robustgen.inference.p_values import discoveries
        from robustgen.inference.scores import below_threshold

        if fdr is None:
            return below_threshold(detector_of(self.model), scores)
        if not p_values:
            raise UsageError(
                f"'{self.name}' was not calibrated, as --fdr needs it: fit it with --calibration 0.3"
            )
        return discoveries(p_values["p_value"], fdr)

    def why_none(
        self, p_values: Mapping[str, NDArray[np.float64]], outlier: NDArray[np.bool_], fdr: float
    ) -> str:
        """Say why nothing was discovered where that may be for want of calibration rows."""
        from robustgen.inference.p_values import why_none

        if self.reference is None or outlier.any():
            return ""
        return why_none(p_values["p_value"], self.reference.size, fdr)


def reasons(
    model: Any, blocks: Iterable[pd.DataFrame], rows: NDArray[np.bool_], n_columns: int
) -> NDArray[Any]:
    """Return for each marked row of a table the columns that contribute most; nothing for the others.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline or SeriesDetector
        An encoder and a detector, or the model of a series.
    blocks : iterable of DataFrame
        All rows in order, a block at a time.
    rows : ndarray of bool, (n,)
        The rows to explain.
    n_columns : int
        How many columns to name.

    Returns
    -------
    ndarray of str, (n,)
        Such as "src_bytes = 54540 (61 %), service = ftp (20 %)": the column, the cell, and its
        part of the sum over all columns.
    """
    found = np.full(rows.size, "", dtype=object)
    if hasattr(model, "score_next"):
        table = pd.concat(list(blocks))
        contributions = model.explain(table).reset_index(drop=True)
        shares = contributions.div(contributions.sum(axis=1), axis=0)
        found[rows] = worded_reasons(shares[rows], table[rows], n_columns)
        return found
    start = 0
    for block in blocks:
        marked = np.flatnonzero(rows[start : start + len(block)])
        if marked.size:
            part = block.iloc[marked]
            found[start + marked] = worded_reasons(column_shares(model, part), part, n_columns)
        start += len(block)
    return found
