"""What a user changes about a suite for one run: the options of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from robustgen._checks import UsageError
from robustgen.bench.answering import Questioning
from robustgen.bench.spec import DatasetSpec, Sampling, Suite
from robustgen.data.catalog import find
from robustgen.data.dataset import Dataset
from robustgen.data.files import DataFile, RowOptions, TableOptions
from robustgen.data.files.row_options import AS_THEY_ARE
from robustgen.data.files.table_options import AS_IT_LOOKS
from robustgen.registry import DetectorSpec, resolve


@dataclass(frozen=True)
class Choices:
    """Changes to a suite; what is left empty stays as the suite has it.

    Parameters
    ----------
    corruption, dataset, data, inlier_class, detector
        Taken instead of the suite's. A data set or detector that the suite names keeps the
        suite's settings; an inlier class is for every chosen set that has classes. `data` are files
        of the user's own, which join the chosen data sets.
    label
        The label columns of the files: one for all, or one for each.
    tables
        How the files are read that are tables.
    rows
        How the files are read that are no tables.
    answers, strategies, wrong
        As in `Questioning`; the last two count where there are answers.
    repetitions, protocol, corruption_of, max_corruption, task, timeout, memory_limit
        As in `Suite` and `Sampling`.

    Examples
    --------
    >>> from robustgen.bench.suites import read_suite
    >>> suite = Choices(detector=("knn",), corruption=(0.3,)).apply(read_suite("quick"))
    >>> [detector.name for detector in suite.detectors], suite.corruption
    (['knn'], (0.3,))
    """

    corruption: tuple[float, ...] = ()
    dataset: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    tables: TableOptions = AS_IT_LOOKS
    rows: RowOptions = AS_THEY_ARE
    inlier_class: tuple[str, ...] = ()
    detector: tuple[str, ...] = ()
    answers: tuple[int, ...] = ()
    strategies: tuple[str, ...] = ()
    wrong: float | None = None
    repetitions: int | None = None
    protocol: str | None = None
    corruption_of: str | None = None
    max_corruption: float | None = None
    task: str | None = None
    timeout: float | None = None
    memory_limit: str | None = None

    def apply(self, suite: Suite, load: Callable[[str], Dataset] | None = None) -> Suite:
        """Return the suite with these changes.

        Parameters
        ----------
        suite
            The suite to change.
        load
            How a data set is had by its name; `robustgen.data.load` by default.

        Raises
        ------
        UsageError
            If a detector or data set is unknown, or no chosen set has inlier classes to choose.
        """
        sampling = self._sampling(suite.sampling)
        return replace(
            suite,
            datasets=self._datasets(suite, load),
            detectors=self._detectors(suite),
            corruption=self.corruption or _possible(suite.corruption, sampling.protocol),
            repetitions=suite.repetitions if self.repetitions is None else self.repetitions,
            sampling=sampling,
            questioning=self._questioning(suite.questioning),
            task=self.task or suite.task,
            timeout=suite.timeout if self.timeout is None else self.timeout,
            memory_limit=suite.memory_limit if self.memory_limit is None else self.memory_limit,
        )

    def _sampling(self, sampling: Sampling) -> Sampling:
        return replace(
            sampling,
            protocol=self.protocol or sampling.protocol,
            corruption_of=self.corruption_of or sampling.corruption_of,
            max_corruption=sampling.max_corruption if self.max_corruption is None else self.max_corruption,
        )

    def _questioning(self, questioning: Questioning) -> Questioning:
        return Questioning(
            self.answers or questioning.answers,
            self.strategies or questioning.strategies,
            questioning.wrong if self.wrong is None else self.wrong,
        )

    def _detectors(self, suite: Suite) -> tuple[DetectorSpec, ...]:
        of_suite = {spec.name: spec for spec in suite.detectors}
        chosen = tuple(of_suite.get(name) or resolve(name) for name in dict.fromkeys(self.detector))
        return chosen or suite.detectors

    def _datasets(self, suite: Suite, load: Callable[[str], Dataset] | None) -> tuple[DatasetSpec, ...]:
        of_suite = {_full_name(spec.name): spec for spec in suite.datasets}
        names = dict.fromkeys(_full_name(name) for name in self.dataset)
        named = tuple(of_suite.get(name) or DatasetSpec(name) for name in names)
        chosen = named + self._files() or suite.datasets
        return self._with_inlier_classes(chosen, load) if self.inlier_class else chosen

    def _files(self) -> tuple[DatasetSpec, ...]:
        if self.tables != AS_IT_LOOKS and not self.data:
            raise UsageError("got options of a table without one, expected --data: name the file")
        if self.rows != AS_THEY_ARE and not self.data:
            raise UsageError("got options of rows without some, expected --data: name the file or folder")
        if len(self.label) not in {0, 1, len(self.data)} or len(self.label) > len(self.data):
            raise UsageError(
                f"got {len(self.label)} label columns for {len(self.data)} data files, "
                "expected one for all of them, or one for each: give another number of --label"
            )
        labels = self.label if len(self.label) > 1 else (self.label or (None,)) * len(self.data)
        files = [
            DataFile.at(path, label, self.tables, self.rows)
            for path, label in zip(self.data, labels, strict=True)
        ]
        return tuple(DatasetSpec(file.name, file=file) for file in files)

    def _with_inlier_classes(
        self, specs: tuple[DatasetSpec, ...], load: Callable[[str], Dataset] | None
    ) -> tuple[DatasetSpec, ...]:
        from robustgen.data.sources import load as load_by_name

        have_classes = [spec.load(load or load_by_name).classes is not None for spec in specs]
        if not any(have_classes):
            listed = ", ".join(f"'{spec.name}'" for spec in specs)
            raise UsageError(
                f"got an inlier class for {listed}, which has outlier labels and no classes, "
                "expected a data set with classes: leave the inlier class out"
            )
        return tuple(
            replace(spec, inlier_classes=self.inlier_class) if has else spec
            for spec, has in zip(specs, have_classes, strict=True)
        )


def _full_name(name: str) -> str:
    """Return the catalog's name for an alias, and any other name as it is."""
    base, colon, part = name.partition(":")
    entry = find(base)
    return f"{entry.name if entry else base}{colon}{part}"


def _possible(corruption: tuple[float, ...], protocol: str) -> tuple[float, ...]:
    """Leave out of a suite's corruptions those that the protocol has no meaning for."""
    if protocol == "clean":
        return (0.0,)
    return tuple(one for one in corruption if one > 0) if protocol == "transductive" else corruption
