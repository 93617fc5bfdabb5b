"""The published form of records: one flat table, CSV or Parquet, by a schema with a version.

`COLUMNS` states the schema, once: publishing, reading and the page of the docs go by it. A file is read as a
stranger's: its size is limited, and nothing in it is believed before it is checked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from robustgen._checks import UsageError
from robustgen._extras import optional
from robustgen._files import shown, whole_file, write_csv
from robustgen._text import legible
from robustgen.bench import records
from robustgen.bench.records import Record, Status

VERSION = 1
"""Of the schema; a column that is added, removed or means something else raises it."""

MOST_BYTES = 64 * 2**20
MOST_ROWS = 200_000
MOST_CHARACTERS = 1000
"""The limits of a file: its bytes, its rows, the characters of a text."""

METRICS = ("auroc", "ap", "precision", "recall", "f1", "precision_at_n", "recall_at_1pct", "recall_at_5pct")
PACKAGES = ("python", "robustgen", "torch", "scikit-learn", "numpy", "scipy", "pandas", "pyod")
TRUE, FALSE = "True", "False"

Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Column:
    """A column of the schema.

    Parameters
    ----------
    name
        Its heading.
    kind
        One of `KINDS`.
    meaning
        What it holds, in a phrase.
    optional
        Whether it may be blank.
    choices
        The values that there are, where they are few.
    """

    name: str
    kind: str
    meaning: str
    optional: bool = False
    choices: tuple[str, ...] = ()

    def holds(self, value: Any) -> bool:
        """Return whether a value is one of the column's."""
        if value is None:
            return self.optional
        return KINDS[self.kind](value) and (not self.choices or value in self.choices)


KINDS: Mapping[str, Check] = {
    "text": lambda value: isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS,
    "flag": lambda value: isinstance(value, bool),
    "count": lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53,
    "share": lambda value: isinstance(value, float) and 0 <= value <= 1,
    "number": lambda value: isinstance(value, float) and 0 <= value < math.inf,
}
"""What values of each kind are."""

COLUMNS = (
    Column("schema", "count", f"version of the schema, {VERSION}"),
    Column("suite", "text", "name of the suite"),
    Column("protocol", "text", "how rows are split", choices=("inductive", "transductive", "clean")),
    Column("dataset", "text", "name of the data set"),
    Column("dataset_settings", "text", "JSON of what decides which rows are drawn: classes, limits, hash"),
    Column("inlier_class", "text", "class that is normal; blank where the set comes with labels", True),
    Column("corruption", "number", "share of outliers in training, of `corruption_of`"),
    Column("corruption_of", "text", "what it is a share of", choices=("all", "inliers")),
    Column("detector", "text", "name of the detector"),
    Column("address", "text", "its class, package.module:Class"),
    Column("parameters", "text", "JSON of the parameters it was given"),
    Column("clean", "flag", "whether it was given the clean part of the sample, as its own oracle"),
    Column("repetition", "count", "number of the draw, from 0"),
    Column("status", "text", "how the run ended", choices=get_args(Status)),
    Column("message", "text", "why it is not ok, or what an ok one warned of", True),
    *(Column(name, "share", f"{name} of the test rows, in [0, 1]", True) for name in METRICS),
    Column("fit_seconds", "number", "wall time of fit", True),
    Column("score_seconds", "number", "wall time of scoring the test rows", True),
    Column("rows_per_second", "number", "test rows scored in a second", True),
    Column("peak_memory_mib", "number", "largest resident memory, MiB", True),
    Column("n_train_inliers", "count", "inliers trained on", True),
    Column("n_train_outliers", "count", "outliers trained on", True),
    Column("n_test_inliers", "count", "inliers tested", True),
    Column("n_test_outliers", "count", "outliers tested", True),
    Column("key", "text", "hash of all that defines the result"),
    *(Column(f"version_{name}", "text", f"version of {name}", True) for name in PACKAGES),
    Column("system", "text", "operating system", True),
    Column("machine", "text", "kind of processor", True),
    Column("cores", "count", "cores of the machine", True),
    Column("device", "text", "device that was asked for", True),
    Column("commit", "text", "commit of a checkout, + where files differed from it", True),
    Column("started", "text", "when the run began, UTC", True),
)
"""The schema: every column of a published file, in order."""

NAMES = tuple(column.name for column in COLUMNS)
CELL = ("protocol", "dataset", "inlier_class", "corruption", "detector", "clean", "repetition")
"""What names a result of a file; no two rows of one have the same."""


def published(folder: Path) -> tuple[pd.DataFrame, int]:
    """Return the records of a run folder as a table of the schema.

    Parameters
    ----------
    folder
        The output folder of ``robustgen bench``, or the folder of a report, whose ``metrics.csv`` holds the
        same results.

    Returns
    -------
    table : pandas.DataFrame
        A row a record, the columns of `COLUMNS`.
    left_out : int
        Records of detectors that were given a person's answers: a question of their own.

    Raises
    ------
    UsageError
        If the folder holds no run, a damaged record or manifest, a run of another task, or a value that the
        schema does not have.
    """
    manifest = _manifest(folder)
    found = _records(folder)
    unaided = [one for one in found if not _had_answers(one, manifest["suite"])]
    rows = [_row(one, manifest) for one in unaided]
    if not rows:
        raise UsageError(f"got {shown(folder)} without a record, expected some: run 'robustgen bench' first")
    return checked(rows, folder), len(found) - len(rows)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table of the schema whole or not at all: Parquet by its ending, else CSV.

    Raises
    ------
    UsageError
        If the ending is neither ``.csv`` nor ``.parquet``, or pyarrow is missing for the latter.
    """
    _expect_ending(path)
    if path.suffix == ".parquet":
        optional("pyarrow", "Parquet")
    with whole_file(path) as temporary:
        if path.suffix == ".parquet":
            table.to_parquet(temporary, index=False)
        else:
            write_csv(temporary, table)


def read(path: Path) -> pd.DataFrame:
    """Read a published file, and believe nothing in it.

    Parameters
    ----------
    path
        A file that `write` made, or someone's claim to one.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, checked; texts can be shown.

    Raises
    ------
    UsageError
        If it is too large, no table, of another version, holds other columns or values than the schema's, or
        gives one cell twice; with the first row and column that are wrong.
    """
    _expect_ending(path)
    if not path.is_file():
        raise UsageError(f"got {shown(path)}, which is no file, expected one of 'robustgen bench publish'")
    if path.stat().st_size > MOST_BYTES:
        raise UsageError(
            f"got {shown(path)} of {path.stat().st_size / 2**20:.0f} MiB, expected at most "
            f"{MOST_BYTES // 2**20}: publish fewer runs in one file"
        )
    table = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    if sorted(table.columns) != sorted(NAMES):
        raise UsageError(f"got {shown(path)} with {_unlike(table.columns)}: publish the run again")
    typed = {column.name: _typed(column, table[column.name]) for column in COLUMNS}
    return checked([dict(zip(NAMES, row, strict=True)) for row in zip(*typed.values(), strict=True)], path)


def checked(rows: Sequence[Mapping[str, Any]], source: Path) -> pd.DataFrame:
    """Return rows as a table, every value checked.

    Raises
    ------
    UsageError
        With the first row and column that are not as the schema says.
    """
    cells: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows, start=1):
        where = f"got {shown(source)}, row {number}"
        for column in COLUMNS:
            if not column.holds(row[column.name]):
                raise UsageError(
                    f"{where}: {column.name} = {legible(repr(row[column.name])[:80])}, expected "
                    f"{_expected(column)}: mend or leave out the row"
                )
        _check_together(row, where)
        before = cells.setdefault(tuple(row[name] for name in CELL), number)
        if before != number:
            raise UsageError(f"{where} is the cell of row {before}, expected each cell once: leave one out")
    return pd.DataFrame([[row[name] for name in NAMES] for row in rows], columns=NAMES, dtype=object)


def _check_together(row: Mapping[str, Any], where: str) -> None:
    """Refuse values that are right alone and wrong with each other."""
    if row["schema"] != VERSION:
        raise UsageError(
            f"{where}: schema = {row['schema']}, expected {VERSION}: publish it again with this robustgen"
        )
    if row["corruption_of"] == "all" and row["corruption"] >= 1:
        raise UsageError(f"{where}: corruption = {row['corruption']:g} of all rows, expected less than 1")
    if row["status"] == "ok" and (row["auroc"] is None or row["ap"] is None):
        raise UsageError(f"{where} is ok without auroc and ap, expected both: leave out the row")


def _expected(column: Column) -> str:
    if column.choices:
        return f"one of {', '.join(column.choices)}"
    what = {
        "text": f"1 to {MOST_CHARACTERS} characters",
        "flag": f"{TRUE} or {FALSE}",
        "count": "a whole number, 0 or more",
        "share": "a number in [0, 1]",
        "number": "a finite number, 0 or more",
    }[column.kind]
    return f"{what}, or a blank" if column.optional else what


def _expect_ending(path: Path) -> None:
    if path.suffix not in (".csv", ".parquet"):
        raise UsageError(f"got the file name {shown(path)}, expected one that ends in .csv or .parquet")


def _unlike(columns: Sequence[object]) -> str:
    names = [str(name) for name in columns]
    missing = [name for name in NAMES if name not in names]
    if missing:
        return f"no column {missing[0]}, expected the {len(NAMES)} columns of schema {VERSION}"
    other = next((name for name in names if name not in NAMES or names.count(name) > 1), "")
    return f"the column {legible(repr(other)[:80])}, expected those of schema {VERSION} once each"


def _csv(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, nrows=MOST_ROWS + 1, encoding="utf-8")
    except (ValueError, pd.errors.ParserError) as error:  # the empty file's and Unicode's are ValueErrors
        reason = " ".join(str(error).split())
        raise UsageError(f"got {shown(path)}, which is no table ({legible(reason)}), expected CSV") from None
    return _few_rows(table, len(table), path)


def _parquet(path: Path) -> pd.DataFrame:
    parquet = optional("pyarrow.parquet", "Parquet")
    try:
        file = parquet.ParquetFile(path)
        groups = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > 4 * MOST_BYTES:
            raise UsageError(f"got {shown(path)}, which unpacks to more than {4 * MOST_BYTES // 2**20} MiB")
        _few_rows(None, file.metadata.num_rows, path)
        return file.read().to_pandas().astype(object)
    except (ValueError, OSError, NotImplementedError) as error:  # pyarrow's own are ValueErrors or OSErrors
        if isinstance(error, UsageError):
            raise
        reason = legible(" ".join(str(error).split())[:200])
        raise UsageError(f"got {shown(path)}, which is no table ({reason}), expected Parquet") from None


def _few_rows(table: Any, n_rows: int, path: Path) -> Any:
    if n_rows > MOST_ROWS:
        raise UsageError(f"got {shown(path)} of more than {MOST_ROWS} rows: publish fewer runs in one file")
    return table


def _typed(column: Column, values: pd.Series) -> list[Any]:
    """Return a column's values as its kind has them; what is none stays as it is, and is refused later."""
    return [_value(column.kind, one) for one in values.tolist()]


def _value(kind: str, value: Any) -> Any:
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind == "text":
        return legible(value) if isinstance(value, str) else value
    if kind == "flag":
        return {TRUE: True, FALSE: False}.get(value, value) if isinstance(value, str) else value
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return value
    return int(number) if kind == "count" and number.is_integer() else number


def _records(folder: Path) -> list[dict[str, Any]]:
    """Return the records of a run, or of its report, as flat dictionaries."""
    path = folder / records.FILE_NAME
    if path.is_file():
        found, damaged = records.read(path)
        if damaged:
            number, reason = damaged[0]
            raise UsageError(
                f"got {shown(path)}, whose line {number} is no record ({legible(reason)}), expected records: "
                "give the same 'robustgen bench' again, which runs what is missing, and take the line out"
            )
        return [_flat(record) for record in found]
    report = folder / "metrics.csv"
    if report.is_file():
        return pd.read_csv(report, dtype=str, keep_default_na=False).to_dict("records")
    raise UsageError(
        f"got {shown(folder)}, which holds neither {records.FILE_NAME} nor metrics.csv, expected the output "
        "folder of 'robustgen bench': give that one"
    )


def _flat(record: Record) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in vars(record)}
    return values | (record.metrics or {})


def _row(record: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat record as a row of the schema, its environment from the manifest."""
    suite = manifest["suite"]
    described = _by_name(suite, "detectors").get(str(record["detector"]), {})
    values = {
        **record,
        **_environment(manifest),
        "schema": VERSION,
        "suite": suite.get("name"),
        "protocol": suite.get("protocol"),
        "corruption_of": suite.get("corruption_of"),
        "dataset_settings": _settings(suite, str(record["dataset"])),
        "address": described.get("use"),
        "parameters": json.dumps(described.get("parameters", {}), sort_keys=True),
    }
    return {column.name: _value(column.kind, values.get(column.name)) for column in COLUMNS}


def _settings(suite: Mapping[str, Any], dataset: str) -> str:
    """Return what decides which rows of a data set are drawn."""
    one = _by_name(suite, "datasets").get(dataset, {})
    settings = {
        name: suite.get(name) for name in ("max_train", "max_test", "max_corruption", "corruption_of")
    }
    settings["max_corruption"] = settings["max_corruption"] or suite.get("reach")
    settings |= {name: one[name] for name in ("classes", "per_class", "file") if one.get(name)}
    if one.get("max_train"):
        settings["max_train"] = one["max_train"]
    return json.dumps(settings, sort_keys=True)


def _by_name(suite: Mapping[str, Any], what: str) -> dict[str, Mapping[str, Any]]:
    return {one["name"]: one for one in suite.get(what, ())}


def _had_answers(record: Mapping[str, Any], suite: Mapping[str, Any]) -> bool:
    """Return whether a record says so, or, of a table, is of no detector that a suite with answers names."""
    if record.get("answering"):
        return True
    return _asks(suite) and record["detector"] not in _by_name(suite, "detectors")


def _asks(suite: Mapping[str, Any]) -> bool:
    return bool(suite.get("questioning", {}).get("answers"))


def _environment(manifest: Mapping[str, Any]) -> dict[str, Any]:
    versions, platform = manifest.get("versions") or {}, manifest.get("platform") or {}
    git = manifest.get("git") or {}
    commit = git.get("commit")
    return {
        **{f"version_{name}": versions.get(name) for name in PACKAGES},
        **{"system": platform.get("system"), "machine": platform.get("machine")},
        "cores": platform.get("cores"),
        "device": manifest.get("device"),
        "commit": f"{commit}{'+' * bool(git.get('dirty'))}" if commit else None,
        "started": manifest.get("started"),
    }


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        suite = manifest["suite"]
        _by_name(suite, "datasets"), _asks(suite), _environment(manifest)
    except FileNotFoundError:
        raise UsageError(
            f"got {shown(folder)} without a manifest.json, expected the output folder of 'robustgen bench'"
        ) from None
    except KeyError as error:
        raise UsageError(
            f"got {shown(path)}, which names no {legible(str(error.args[0]))}, expected the manifest of "
            "'robustgen bench': give its output folder"
        ) from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise UsageError(f"got {shown(path)}, which is damaged, expected a run's manifest") from None
    if suite.get("task", "detection") != "detection":
        raise UsageError(
            f"got {shown(folder)}, a benchmark of the task '{suite['task']}', expected one of 'detection'"
        )
    return manifest


def schema_table() -> str:
    """Return the schema as a table in Markdown: that of the docs.

    Examples
    --------
    >>> print(schema_table().splitlines()[2])
    | `schema` | count | version of the schema, 1 |
    """
    lines = ["| column | kind | meaning |", "|---|---|---|"]
    for column in COLUMNS:
        kind = "one of " + ", ".join(column.choices) if column.choices else column.kind
        blank = ", or blank" if column.optional else ""
        lines.append(f"| `{column.name}` | {kind}{blank} | {column.meaning} |")
    return "\n".join(lines) + "\n"
