"""Which rows are to be removed: by a share, a rate of false discoveries, the estimate, or a person."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import shown
from robustgen.inference.audit import contamination_offset
from robustgen.inference.p_values import discoveries
from robustgen.inference.scores import tolerance_of
from robustgen.inputs.answers import read_answers
from robustgen.triage.table_audit import TableAudit

NO_P_VALUES = "got --folds 0 and a false discovery rate, which needs p-values: leave out --folds"


class Removal(ABC):
    """A rule that chooses rows."""

    @abstractmethod
    def rows(self, audit: TableAudit, rows: Any) -> NDArray[np.bool_]:
        """Return which rows (n,) are to be removed, of an audit and the rows that it is of."""

    @property
    @abstractmethod
    def rule(self) -> str:
        """What decided, in a few words."""

    @property
    def why_none(self) -> str:
        """Why it may be that no row is to be removed, in a sentence, or an empty text."""
        return ""


@dataclass(frozen=True)
class ByShare(Removal):
    """The lowest scores, so many that they are a share of the rows."""

    share: float

    def rows(self, audit: TableAudit, rows: Any) -> NDArray[np.bool_]:
        """Return the rows below the score of that share."""
        scores = audit.rows["score"].to_numpy()
        return tolerance_of(audit.model).margins(scores, contamination_offset(scores, self.share)) < 0

    @property
    def rule(self) -> str:
        """The share."""
        return f"the lowest {100 * self.share:g} % of the scores"


@dataclass(frozen=True)
class ByEstimate(Removal):
    """The lowest scores, as many as the lower end of the estimate's interval."""

    def rows(self, audit: TableAudit, rows: Any) -> NDArray[np.bool_]:
        """Return the rows below the score of that share; none where it is 0."""
        return ByShare(audit.contamination_interval[0]).rows(audit, rows)

    @property
    def rule(self) -> str:
        """The interval's end."""
        return "the lower end of the estimate"


@dataclass(frozen=True)
class ByVerdict(Removal):
    """The rows whose verdict is that they are outliers."""

    def rows(self, audit: TableAudit, rows: Any) -> NDArray[np.bool_]:
        """Return the outliers."""
        return audit.outlier

    @property
    def rule(self) -> str:
        """The verdict."""
        return "their verdict"


@dataclass(frozen=True)
class ByRate(Removal):
    """Discoveries at a false discovery rate, by the p-values of rows that were held out."""

    rate: float

    def rows(self, audit: TableAudit, rows: Any) -> NDArray[np.bool_]:
        """Return the discoveries.

        Raises
        ------
        UsageError
            When the audit has no p-values.
        """
        if "p_value" not in audit.rows:
            raise UsageError(NO_P_VALUES)
        return discoveries(audit.rows["p_value"].to_numpy(), self.rate)

    @property
    def rule(self) -> str:
        """The rate."""
        return f"a false discovery rate of {self.rate:g}"

    @property
    def why_none(self) -> str:
        """The least number of discoveries: p-values are no smaller than one over the number of rows."""
        least = math.ceil(1 / self.rate)
        return (
            f"nothing is discovered at a rate of {self.rate:g}: {least} rows or more must stand out from all "
            "others; decide on the page (--report), or take --remove estimate"
        )


@dataclass(frozen=True)
class ByPerson(Removal):
    """What a person answered: the outliers in a file of `robustgen review` or of the audit's page."""

    path: Path

    def rows(self, audit: TableAudit, rows: Any) -> NDArray[np.bool_]:
        """Return the rows that are answered to be outliers, known by what they hold."""
        marked = np.zeros(len(audit.rows), dtype=bool)
        answers = read_answers(self.path, rows)
        marked[[place for place, answer in answers.items() if answer == "outlier"]] = True
        return marked

    @property
    def rule(self) -> str:
        """The file."""
        return f"the decisions in {shown(self.path)}"


NAMED: dict[str, Removal] = {"estimate": ByEstimate(), "verdict": ByVerdict()}


def parse_removal(text: str) -> Removal:
    """Read a rule.

    Parameters
    ----------
    text : str
        A share such as "0.1", "fdr=0.1", "estimate", "verdict", or the path of a CSV of decisions.

    Returns
    -------
    Removal
        The rule.

    Raises
    ------
    UsageError
        When it is none of them.

    Examples
    --------
    >>> parse_removal("0.1"), parse_removal("fdr=0.05"), parse_removal("estimate").rule
    (ByShare(share=0.1), ByRate(rate=0.05), 'the lower end of the estimate')
    """
    if text in NAMED:
        return NAMED[text]
    if text.lower().endswith(".csv"):
        return ByPerson(Path(text))
    is_rate = text.startswith("fdr=")
    number = _number(text.removeprefix("fdr="))
    if is_rate and 0 < number < 1:
        return ByRate(number)
    if not is_rate and 0 < number <= 0.5:
        return ByShare(number)
    raise UsageError(
        f"got --remove {text}, expected a share in (0, 0.5], fdr= and a rate in (0, 1), estimate, verdict, "
        "or a .csv of decisions"
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
