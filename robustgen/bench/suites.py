"""Suites from TOML. Every key is checked: a misspelt one is an error, never a silent default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from robustgen._checks import UsageError, suggest
from robustgen.bench.answering import Questioning
from robustgen.bench.spec import DatasetSpec, Sampling, Suite
from robustgen.data.catalog import content_folder, read_toml
from robustgen.data.files import DataFile, TableOptions
from robustgen.registry import DetectorSpec, resolve


def built_in() -> tuple[str, ...]:
    """Return the names of the suites that come with the package.

    Examples
    --------
    >>> "quick" in built_in()
    True
    """
    return tuple(sorted(path.stem for path in content_folder("benchmarks").glob("*.toml")))


def read_suite(name_or_path: str) -> Suite:
    """Read a built-in suite by its name, or any suite by the path of its file.

    Parameters
    ----------
    name_or_path
        A name of `built_in`, or a path that ends in ``.toml``.

    Raises
    ------
    UsageError
        If there is no such suite, its TOML is broken, or it holds something unknown.

    Examples
    --------
    >>> read_suite("quick").baseline
    'autoencoder'
    """
    if name_or_path in built_in():
        path = content_folder("benchmarks") / f"{name_or_path}.toml"
    elif name_or_path.endswith(".toml"):
        path = Path(name_or_path)
    else:
        hint = suggest(name_or_path, built_in()) or f"; built in are {', '.join(built_in())}"
        raise UsageError(f"got suite '{name_or_path}', expected a name, or the path of a .toml file{hint}")
    try:
        return parse_suite(read_toml(path), default_name=path.stem, folder=path.parent)
    except UsageError as error:
        raise UsageError(f"suite '{name_or_path}': {error}") from None


def parse_suite(table: Mapping[str, Any], default_name: str = "suite", folder: Path = Path()) -> Suite:
    """Build a suite from the tables of its TOML.

    Parameters
    ----------
    table
        The keys of `Suite`, `Sampling` and `Questioning` at the top (without `datasets` and
        `detectors`), and the lists ``[[dataset]]`` (the keys of `DatasetSpec`, and
        ``data``, ``label`` and the fields of `TableOptions` for a file) and ``[[detector]]`` (name, use,
        parameters).
    default_name
        What it is called if it does not say.
    folder
        Where the paths of ``data`` begin.

    Raises
    ------
    UsageError
        If a key is unknown (with the nearest one) or its value of the wrong kind.
    """
    _check_table(table, _TOP, "the suite")
    sampling = {key: table[key] for key in _SAMPLING if key in table}
    settings = {key: value for key, value in table.items() if key in _SETTINGS}
    if "corruption" in settings:
        settings["corruption"] = tuple(float(one) for one in settings["corruption"])
    asked = {key: table[key] for key in _QUESTIONING if key in table}
    return Suite(
        **{"name": default_name, **settings},
        sampling=Sampling(**sampling),
        questioning=Questioning(**{key: _as_tuple(value) for key, value in asked.items()}),
        datasets=tuple(_dataset(one, folder) for one in table.get("dataset", ())),
        detectors=tuple(_detector(one) for one in table.get("detector", ())),
    )


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _dataset(table: Mapping[str, Any], folder: Path) -> DatasetSpec:
    _check_table(table, _DATASET, "[[dataset]]", needed="name" if "data" not in table else None)
    name, file = _source(table, folder)
    inliers = table.get("inlier_classes", ())
    return DatasetSpec(
        name,
        file=file,
        inlier_classes=("all",) if inliers == "all" else tuple(map(str, inliers)),
        classes=tuple(map(str, table.get("classes", ()))),
        per_class=table.get("per_class"),
        max_train=table.get("max_train"),
    )


def _source(table: Mapping[str, Any], folder: Path) -> tuple[str, DataFile | None]:
    """Return the name of a data set, and the file that holds it where one is given."""
    if "data" in table:
        file = DataFile.at(folder / table["data"], table.get("label"), _table_options(table))
        return table.get("name", file.name), file
    for key in ("label", *_READING):
        if key in table:
            raise UsageError(
                f"got '{key}' without 'data' in [[dataset]], expected both: name the file by 'data'"
            )
    return table["name"], None


def _table_options(table: Mapping[str, Any]) -> TableOptions:
    given = {key: _as_tuple(table[key]) for key in _READING if key in table}
    return TableOptions(**given | {"types": tuple(table.get("types", {}).items())})


def _detector(table: Mapping[str, Any]) -> DetectorSpec:
    _check_table(table, {"name": _text, "use": _text, "parameters": _table}, "[[detector]]", needed="name")
    return resolve(table["name"], table.get("use"), table.get("parameters"))


_Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(_number, value))


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_whole, value))


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _table(value: Any) -> bool:
    return isinstance(value, dict)


def _table_of_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_text, value.values()))


def _tables(value: Any) -> bool:
    return isinstance(value, list) and all(map(_table, value))


def _classes(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str | int) for one in value)


def _classes_or_all(value: Any) -> bool:
    return value == "all" or _classes(value)


_SAMPLING: dict[str, _Check] = {
    "protocol": _text,
    "corruption_of": _text,
    "max_train": _whole,
    "max_test": _whole,
    "max_corruption": _number,
}
_SETTINGS: dict[str, _Check] = {
    "name": _text,
    "question": _text,
    "task": _text,
    "corruption": _numbers,
    "repetitions": _whole,
    "oracle": _flag,
    "baseline": _text,
    "timeout": _number,
    "memory_limit": _text,
}
_QUESTIONING: dict[str, _Check] = {"answers": _counts, "strategies": _texts, "wrong": _number}
_READING: dict[str, _Check] = {
    "encoding": _text,
    "decimal": _text,
    "thousands": _text,
    "date_format": _text,
    "types": _table_of_texts,
    "na": _texts,
    "bad_cells": _text,
    "missing": _text,
    "ignore": _texts,
}
"""How the table of a file is read, as the options of `bench --data` say it."""
_DATASET: dict[str, _Check] = {
    **_READING,
    "name": _text,
    "data": _text,
    "label": _text,
    "inlier_classes": _classes_or_all,
    "classes": _classes,
    "per_class": _whole,
    "max_train": _whole,
}
_TOP: dict[str, _Check] = {
    **_SETTINGS,
    **_SAMPLING,
    **_QUESTIONING,
    "dataset": _tables,
    "detector": _tables,
}


def _check_table(
    table: Mapping[str, Any], known: Mapping[str, _Check], where: str, needed: str | None = None
) -> None:
    for key, value in table.items():
        if key not in known:
            hint = suggest(key, known) or f"; known are {', '.join(known)}"
            raise UsageError(f"got the key '{key}' in {where}, expected a known one{hint}")
        if not known[key](value):
            raise UsageError(
                f"got {key} = {value!r} in {where}, expected another kind of value: see benchmarks/README.md"
            )
    if needed and needed not in table:
        raise UsageError(f"got {where} without '{needed}', expected it: add it")
