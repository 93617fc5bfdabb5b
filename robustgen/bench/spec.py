"""What is run: a suite, and the cells that it consists of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from robustgen._checks import UsageError
from robustgen._seeds import seed_from
from robustgen.bench.answering import Answering, Questioning
from robustgen.bench.limits import parse_size
from robustgen.data.corruption import check_corruption
from robustgen.data.dataset import Dataset
from robustgen.data.files import DataFile
from robustgen.data.splits import check_max_corruption, check_protocol, draw
from robustgen.registry import DetectorSpec, takes_answers

TASKS = ("detection", "generation")
"""What a detector is asked for: scores of test rows, or rows of its own."""


MOST_REPETITIONS = 10_000
"""Draws of a cell; more are a slip, and their cells would fill the memory before the first one runs."""


@dataclass(frozen=True)
class Sampling:
    """How every cell of a suite draws its rows; the arguments of `robustgen.data.draw`.

    Parameters
    ----------
    protocol
        "inductive", "transductive" or "clean".
    corruption_of
        "all" or "inliers": what a corruption is a share of.
    max_train, max_test
        The most training inliers, and the most test rows.
    max_corruption
        The largest corruption that the draws are sized for.
    """

    protocol: str = "inductive"
    corruption_of: str = "all"
    max_train: int = 2000
    max_test: int = 20_000
    max_corruption: float = 0.3


@dataclass(frozen=True)
class DatasetSpec:
    """A data set of a suite.

    Parameters
    ----------
    name
        A name that `robustgen.data.load` knows; any name where a file is given.
    inlier_classes
        The classes that are the inliers in turn; ``("all",)`` for each of them; empty for a set
        that comes with outlier labels.
    classes
        The classes that rows are taken from, inliers and outliers alike; empty for all.
    per_class
        The most rows of a class; None for all.
    max_train
        The most training inliers of this set; None for the suite's.
    file
        The user's own file that holds the set; None for a set that goes by its name.
    """

    name: str
    inlier_classes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    per_class: int | None = None
    max_train: int | None = None
    file: DataFile | None = None

    def load(self, by_name: Callable[[str], Dataset]) -> Dataset:
        """Return the rows and classes that this set gives."""
        dataset = self.file.read(self.name) if self.file else by_name(self.name)
        return dataset.only(self.classes, self.per_class)

    def sampling(self, of_suite: Sampling) -> Sampling:
        """Return how rows of this set are drawn."""
        return of_suite if self.max_train is None else replace(of_suite, max_train=self.max_train)


@dataclass(frozen=True)
class Cell:
    """One fit: a detector on one draw of dirty data, or on the clean part of that draw.

    Parameters
    ----------
    dataset, inlier_class, corruption, repetition
        The draw.
    sampling
        How it is drawn.
    detector
        What is fitted.
    clean
        Whether the training outliers are taken away first.
    task
        One of `TASKS`.
    classes, per_class
        The classes that the rows come from, empty for all, and the most rows of each.
    file
        The user's own file that holds the data set; None for a set that goes by its name.
    answering
        Which training rows are judged for the detector; None for none.
    """

    dataset: str
    inlier_class: str | None
    corruption: float
    repetition: int
    detector: DetectorSpec
    sampling: Sampling = Sampling()
    clean: bool = False
    task: str = "detection"
    classes: tuple[str, ...] = ()
    per_class: int | None = None
    file: DataFile | None = None
    answering: Answering | None = None

    @property
    def detector_name(self) -> str:
        """What the detector is called in the record, with the answers that it was given."""
        name = self.detector.name
        return name if self.answering is None else self.answering.called(name)

    @property
    def key(self) -> str:
        """The hash of all that defines the result: one cell, one key, on every machine.

        Of a user's file the content counts, and not where it lies.
        """
        plain = asdict(self)
        plain["sampling"]["reach"] = plain["sampling"].pop("max_corruption")  # as the first records had it
        if self.answering is None:  # nor had they this
            del plain["answering"]
        del plain["file"]
        if self.file:
            plain["file"] = self.file.content
        text = json.dumps(plain, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    @property
    def fit_seed(self) -> int:
        """The seed of the fit: of the draw and the detector's name; below 2**31, as all libraries take."""
        draw_parts = (self.dataset, self.inlier_class, float(self.corruption), self.repetition)
        return seed_from("fit", *draw_parts, self.detector.name, self.clean) % 2**31


@dataclass(frozen=True)
class Suite:
    """A question to the detectors, and the cells that answer it.

    Parameters
    ----------
    name
        Its name; the run folder is called after it.
    datasets, detectors
        What is run on what.
    question
        What it is for, in a sentence.
    task
        "detection", or "generation": the detectors are asked for samples, and a classifier of
        clean labels measures them.
    corruption
        The corruptions, each a share of outliers.
    repetitions
        The number of draws of each cell.
    sampling
        How rows are drawn.
    oracle
        Whether each detector is also trained on the clean part of its samples.
    baseline
        The detector that ``recovered`` measures the others against; None for none.
    timeout
        Seconds after which a cell is given up; None for never.
    memory_limit
        The memory that a cell may take, as "4GiB"; None for any. See :func:`.limits.memory_limit`.
    questioning
        The answers of a person that detectors which take some are given besides.

    Examples
    --------
    >>> from robustgen.registry import resolve
    >>> suite = Suite("mine", (DatasetSpec("digits", ("3",)),), (resolve("knn"),), corruption=(0.3,))
    >>> [(cell.inlier_class, cell.corruption) for cell in suite.cells()]
    [('3', 0.0), ('3', 0.3)]
    """

    name: str
    datasets: tuple[DatasetSpec, ...]
    detectors: tuple[DetectorSpec, ...]
    question: str = ""
    task: str = "detection"
    corruption: tuple[float, ...] = (0.0, 0.1, 0.3)
    repetitions: int = 1
    sampling: Sampling = field(default_factory=Sampling)
    oracle: bool = True
    baseline: str | None = "autoencoder"
    timeout: float | None = None
    memory_limit: str | None = None
    questioning: Questioning = field(default_factory=Questioning)

    def cells(self, load: Callable[[str], Dataset] | None = None) -> list[Cell]:
        """Return every cell, after making sure that each can be drawn.

        With an oracle, an inductive suite also has its cells at corruption 0, where each detector
        sees the very inliers of its dirty samples; a transductive suite has a clean cell beside
        each dirty one, for it is scored on the rows of that sample.

        Parameters
        ----------
        load
            How a data set is had by its name; `robustgen.data.load` by default.

        Raises
        ------
        UsageError
            If anything is out of range, unknown, or beyond what a data set can give.
        """
        self.check()
        load = load or _load
        cells = (
            cell
            for spec in self.datasets
            for name, inlier_class in self._drawable(spec.load(load), spec)
            for cell in self._cells_of(spec, name, inlier_class)
        )
        return list({cell.key: cell for cell in cells}.values())

    def check(self) -> None:
        """Refuse what no data set could make right.

        Raises
        ------
        UsageError
            With the first fault.
        """
        check_protocol(self.sampling.protocol)
        check_max_corruption(self.sampling.max_corruption, self.sampling.corruption_of)
        for corruption in self.corruption:
            check_corruption(corruption, self.sampling.corruption_of)
        if self.task not in TASKS:
            raise UsageError(f"got task '{self.task}', expected one of {', '.join(TASKS)}: name one of them")
        if not 1 <= self.repetitions <= MOST_REPETITIONS:
            raise UsageError(
                f"got repetitions = {self.repetitions}, expected 1 to {MOST_REPETITIONS:,}: choose another"
            )
        self._check_limits()
        self._check_answers()
        named = {"dataset": self.datasets, "detector": self.detectors, "corruption": self.corruption}
        for what, some in named.items():
            if not some:
                raise UsageError(f"got suite '{self.name}' without a {what}, expected one at least: name one")
        _check_distinct("detector", [spec.name for spec in self.detectors])
        if any(spec.file for spec in self.datasets):
            _check_distinct("dataset", [spec.name for spec in self.datasets])

    def _check_limits(self) -> None:
        if self.timeout is not None and self.timeout <= 0:
            raise UsageError(
                f"got timeout = {self.timeout:g} seconds, expected more than 0: leave it out for no limit"
            )
        if self.memory_limit is not None:
            parse_size(self.memory_limit)

    def _check_answers(self) -> None:
        self.questioning.check()
        if self.questioning.answers and not any(map(takes_answers, self.detectors)):
            raise UsageError(
                f"got answers for {', '.join(spec.name for spec in self.detectors)}, expected a detector "
                "that takes some: name 'robust', or leave the answers out"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the suite as plain lists and dictionaries, its sampling among its own settings.

        Of a user's file they tell label and content, and not where it lies: a report may be published.
        """
        told = asdict(self)
        for one, spec in zip(told["datasets"], self.datasets, strict=True):
            one["file"] = spec.file and spec.file.content
        plain: dict[str, Any] = json.loads(json.dumps(told, default=str))  # as it is read again
        if not self.questioning.answers:
            del plain["questioning"]
        return plain | plain.pop("sampling")

    def _answerings(self, spec: DetectorSpec) -> list[Answering]:
        answerings = self.questioning.answerings()
        return answerings if answerings and takes_answers(spec) else []

    def _drawable(self, dataset: Dataset, spec: DatasetSpec) -> Iterator[tuple[str, str | None]]:
        """Yield the set's name and each inlier class, once a draw at the worst corruption has worked."""
        for inlier_class in _inlier_classes(dataset, spec):
            for corruption in {min(self.corruption), max(self.corruption)}:
                how = asdict(spec.sampling(self.sampling))
                draw(dataset, inlier_class=inlier_class, corruption=corruption, **how)
            yield dataset.name, dataset.class_name(inlier_class)

    def _cells_of(self, spec: DatasetSpec, dataset: str, inlier_class: str | None) -> Iterator[Cell]:
        sampling = spec.sampling(self.sampling)
        for repetition in range(self.repetitions):
            for corruption, clean in self._columns():
                for detector in self.detectors:
                    drawn = (dataset, inlier_class, corruption, repetition)
                    cell = Cell(
                        *drawn, detector, sampling, clean, self.task, spec.classes, spec.per_class, spec.file
                    )
                    yield cell
                    for answering in self._answerings(detector) * (not clean):
                        yield replace(cell, answering=answering)

    def _columns(self) -> list[tuple[float, bool]]:
        """Return each corruption with whether the fit is a clean oracle."""
        dirty = dict.fromkeys((float(corruption), False) for corruption in self.corruption)
        if not self.oracle:
            return list(dirty)
        if self.sampling.protocol == "transductive":
            return [(corruption, clean) for corruption, _ in dirty for clean in (False, True)]
        return list(dict.fromkeys([(0.0, False), *dirty]))


def _load(name: str) -> Dataset:
    from robustgen.data.sources import load

    return load(name)


def _inlier_classes(dataset: Dataset, spec: DatasetSpec) -> tuple[str | None, ...]:
    if spec.inlier_classes == ("all",):
        return dataset.classes or (None,)
    if dataset.classes is None:
        return spec.inlier_classes or (None,)
    return spec.inlier_classes or (dataset.class_name(None),)


def _check_distinct(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"got the {what} '{name}' twice, expected different names: rename or remove one")
