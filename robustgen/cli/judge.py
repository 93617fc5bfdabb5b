"""What a model file says of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen.cli.models import detector_of, one_line
from robustgen.cli.progress import watched

if TYPE_CHECKING:
    from robustgen.inputs import Input


@dataclass(frozen=True)
class Judge:
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
    def read(cls, path: Path) -> Judge:
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
    def text_columns(self) -> Sequence[str]:
        """The columns of a table that were text in training: in a few rows they may look like numbers."""
        return self.model[0].text_columns() if hasattr(self.model, "named_steps") else ()

    def scores(self, source: Input) -> NDArray[np.float64]:
        """Score every row, a block at a time, with a progress bar on a terminal."""
        tabular = hasattr(self.model, "named_steps")
        if source.tabular != tabular:
            learnt, given = ("a table", "none") if tabular else ("arrays or images", "a table")
            raise UsageError(
                f"the model '{self.name}' was fitted on {learnt}, but '{source.path}' is {given}"
            )
        with one_line():
            parts = [
                self.model.score_samples(rows) for rows in watched(source.blocks(), source.about(), "scoring")
            ]
        return np.concatenate(parts)

    def p_values(self, scores: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the column "p_value" where the model was calibrated."""
        from robustgen.inference.p_values import conformal_p_values

        return {} if self.reference is None else {"p_value": conformal_p_values(scores, self.reference)}

    def outliers(self, scores: NDArray[np.float64], fdr: float | None = None) -> NDArray[np.bool_]:
        """Mark outliers: what lies below the model's threshold, or discoveries at a false discovery rate."""
        from robustgen.inference.p_values import discoveries

        if fdr is None:
            return scores < detector_of(self.model).offset_
        if self.reference is None:
            raise UsageError(
                f"'{self.name}' was not calibrated, as --fdr needs it: fit it with --calibration 0.3"
            )
        return discoveries(self.p_values(scores)["p_value"], fdr)
