"""The rows of a file under review: which to ask about, what to show of them, and what was said so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._validation import check_rows
from robustgen.cli.model import Recipe, detector_of, one_line
from robustgen.detectors.answers import Neighbourhoods, check_answers
from robustgen.detectors.comparison import compared_rows
from robustgen.detectors.questions import next_questions
from robustgen.inputs import Input
from robustgen.inputs.answers import answers_of, contents, read_answers, write_answers
from robustgen.reporting.pictures import picture_of
from robustgen.reporting.review import Cell, Question, picture_url
from robustgen.training.scaling import Scaling, fit_scaling

SHOWN_COLUMNS = 8
SHOWN_IMAGES = 5
MANY_OUTLIERS = 0.15
"""The estimated contamination from which further answers were seen to help."""


@dataclass
class ReviewSession:
    """The rows of a file, and what was said of some so far.

    Attributes
    ----------
    source : Input
        The file.
    output : Path
        Where the answers are.
    shown : DataFrame or array
        The rows as they are shown.
    numbers : array or CSR matrix
        The rows as numbers.
    columns : ndarray of int
        The place of the shown column that each of a row's numbers is from.
    compared : ndarray
        The rows as they are compared.
    contents : list of str
        What each row holds.
    verdicts : dict of int to str
        The answers.
    seed : int
        Of the clusters.
    """

    source: Input
    output: Path
    shown: Any
    numbers: Any
    columns: NDArray[np.intp]
    compared: NDArray[np.float64]
    contents: list[str]
    verdicts: dict[int, str]
    seed: int

    @classmethod
    def opened(cls, source: Input, output: Path, recipe: Recipe) -> ReviewSession:
        """Read the rows, and the answers that are there."""
        rows, model = source.whole(), recipe.build(source)
        verdicts = read_answers(output, rows) if output.exists() else {}
        shown = numbers = rows
        with one_line():
            if source.tabular:
                numbers = model[0].fit_transform(rows)
                shown = rows.rename(columns=str)[list(model[0].feature_names_in_)]
            compared = compared_rows(check_rows(detector_of(model), numbers, fitting=True))
        columns = model[0].source_ if source.tabular else np.arange(np.prod(rows.shape[1:]))
        return cls(
            source, output, shown, numbers, columns, compared, contents(rows), verdicts, recipe.random_state
        )

    @property
    def pictures(self) -> bool:
        """Whether the rows are shown as pictures: images, signals and clips are."""
        return self.shown.ndim > 2

    @cached_property
    def names(self) -> Sequence[Any]:
        """What each row is called."""
        return self.source.row_names(len(self.compared))

    @property
    def answers(self) -> NDArray[np.int8] | None:
        """The answers as one value a row; None where there are none."""
        return check_answers(answers_of(self.verdicts), len(self.compared))

    def asked(self, n: int) -> list[int]:
        """Return the rows to ask about: the rest of the first n, or n more where these were answered."""
        first = next_questions(self.compared, None, n, self.seed)
        left = [int(place) for place in first if int(place) not in self.verdicts]
        if not left:
            more = next_questions(self.compared, self.answers, n, self.seed)
            left = [int(place) for place in more if int(place) not in self.verdicts]
        if not left:
            raise UsageError(f"'{self.output}' answers for every group of rows: there is nothing left to ask")
        asked = np.zeros(len(self.compared), dtype=np.int8)
        asked[[*left, *self.verdicts]] = 1
        self._groups = Neighbourhoods.of(self.compared, asked)
        return left

    def record(self, place: int, verdict: str) -> None:
        """Keep an answer, and write it."""
        self.verdicts[place] = verdict
        write_answers(self.output, self.verdicts, self.names, self.contents)

    def question(self, place: int) -> Question:
        """Return what is shown of a row that is asked about."""
        group = np.flatnonzero(self._groups.nearest == np.searchsorted(self._groups.judged, place))
        name, content, share = str(self.names[place]), self.contents[place], len(group) / len(self.compared)
        if not self.pictures:
            return Question(place, name, content, len(group), share, cells=tuple(self._cells(place)))
        distances = np.square(self.compared[group] - self.compared[place]).sum(1)
        nearest = [i for i in group[np.argsort(distances, kind="stable")] if i != place][:SHOWN_IMAGES]
        kind = getattr(self.shown, "row_type", "images")
        picture, *around = (picture_url(picture_of(self.shown[i], kind)) for i in (place, *nearest))
        return Question(place, name, content, len(group), share, picture=picture, around=tuple(around))

    def _cells(self, place: int) -> Iterator[Cell]:
        """Yield the columns in which a row is farthest from the mean, the nearest normal row beside it."""
        normal = self._nearest_normal(place)
        for column, deviation in self._deviations(place).items():
            beside = "" if normal is None else self._value(normal, column)
            yield Cell(self._column_name(column), self._value(place, column), beside, deviation)

    @cached_property
    def _scaling(self) -> Scaling:
        return fit_scaling(self.numbers, "standard")

    def _deviations(self, place: int) -> dict[int, float]:
        """Return the deviation of the most unusual number of each shown column, the largest first."""
        row = self.numbers[[place]]
        dense = np.asarray(row.toarray() if hasattr(row, "toarray") else row, dtype=float)[0]
        deviations = (dense - self._scaling.center) / self._scaling.scale
        found: dict[int, float] = {}
        for j in np.argsort(-np.abs(deviations), kind="stable"):
            found.setdefault(int(self.columns[j]), float(deviations[j]))
            if len(found) == SHOWN_COLUMNS:
                break
        return found

    def _nearest_normal(self, place: int) -> int | None:
        normal = [i for i, verdict in self.verdicts.items() if verdict == "normal" and i != place]
        if not normal:
            return None
        return normal[int(np.square(self.compared[normal] - self.compared[place]).sum(1).argmin())]

    def _column_name(self, column: int) -> str:
        return str(self.shown.columns[column]) if self.source.tabular else f"column {column + 1}"

    def _value(self, place: int, column: int) -> str:
        value = self.shown.iat[place, column] if self.source.tabular else self.shown[place, column]
        return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())

    def summary(self) -> str:
        """Say what the answers change, and whether more of them would pay."""
        said = list(self.verdicts.values())
        counts = ", ".join(f"{said.count(verdict)} {verdict}" for verdict in ("normal", "outlier", "unsure"))
        judged = f"{self.output}: {len(said)} rows judged ({counts})"
        answers = self.answers
        if answers is None:
            return judged
        found = Neighbourhoods.of(self.compared, answers)
        share, (lower, upper) = found.corruption()
        n_excluded = np.count_nonzero(found.excluded)
        return (
            f"{judged}\n{len(self.compared) - n_excluded:,} rows to learn from, {n_excluded:,} left out; "
            f"estimated contamination {100 * share:.0f} % ({100 * lower:.0f} to {100 * upper:.0f})\n"
            f"{_advice(share)}{self._doubts(found)}"
        )

    def _doubts(self, found: Neighbourhoods) -> str:
        """Name the judged outliers that deserve a second look."""
        names = ", ".join(str(self.names[place]) for place in found.doubtful(self.compared))
        if not names:
            return ""
        return f"\nLook once more at {names}: what is near was called normal. To judge anew, delete the line."


def _advice(share: float) -> str:
    if share >= MANY_OUTLIERS:
        return "Ten more answers would pay: where outliers are many, they are distinguished more finely."
    return "More answers would change little, unless you doubt some of these: then judge ten more."
