"""``robustgen datasets``: which sets there are, what is known of them, and getting them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from robustgen.cli.outputs import next_step

if TYPE_CHECKING:
    from robustgen.data.catalog import Entry

_KINDS = ("tabular", "image", "signal", "clip", "text", "embedding")

_HEADS = ("name", "rows", "shape", "labels", "where")
_RIGHT = (False, True, True, True, False)
"""The columns of the list, and which of them hold numbers."""


@click.group()
def datasets() -> None:
    """List, describe and fetch the data sets of the catalog."""


@datasets.command("list")
@click.option("--kind", type=click.Choice(_KINDS), help="Only sets of this kind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for programs.")
def list_(kind: str | None, as_json: bool) -> None:
    """List the data sets: what they are, and where."""
    from robustgen.data.catalog import catalog

    entries = [entry for entry in catalog().values() if kind in (None, entry.kind)]
    if as_json:
        click.echo(json.dumps([_described(entry) for entry in entries], indent=2))
    else:
        _show(entries)


@datasets.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def info(name: str, as_json: bool) -> None:
    """Tell all that is known of the data set NAME."""
    from robustgen.data.catalog import entry_of

    described = _described(entry_of(name))
    if as_json:
        click.echo(json.dumps(described, indent=2))
        return
    files = described.pop("files")
    for key, value in described.items():
        if value not in (None, "", ()):
            click.echo(f"{key + ':':<14}{_in_words(value)}")
    for file in files:
        click.echo(f"{'file:':<14}{file['url']} ({file['hash'] or 'no published hash is known'})")


@datasets.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def fetch(names: Sequence[str]) -> None:
    """Download data sets into the cache, and say where they lie."""
    from robustgen._checks import UsageError
    from robustgen.data.catalog import entry_of

    entries = [entry_of(name) for name in names]
    failed = 0
    for entry in entries:
        try:
            click.echo(f"{entry.name}: {_fetched(entry)}")
        except UsageError as error:
            click.echo(f"Error: {error}", err=True)
            failed += 1
    if failed:
        sys.exit(1)
    next_step(f"robustgen bench --dataset {names[0]}")


@datasets.command()
@click.argument("output", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option("--label", help="Add a column of this name: 1 where an error was planted, else 0.")
def example(output: Path, label: str | None) -> None:
    """Write a table of 600 boilers with planted errors, to try the other commands on.

    The table is generated, the same each time; which errors are in which rows is written beside it, in
    FILE-planted.csv.
    """
    from robustgen._files import expect_writable, shown, write_csv
    from robustgen.data.example import boilers

    key = output.with_name(f"{output.stem}-planted.csv")
    for path in (output, key):
        expect_writable(path)
    table, planted = boilers()
    wrong = planted[planted != ""]
    write_csv(output, table if label is None else table.assign(**{label: (planted != "").astype(int)}))
    write_csv(
        key, wrong.rename("error").rename_axis("row").reset_index().assign(row=lambda it: it["row"] + 1)
    )
    click.echo(f"{shown(output)}: {len(table)} rows, {len(wrong)} with planted errors, named in {shown(key)}")
    next_step(f"robustgen clean {shown(output)} -o judged.csv --report audit.html")


def _fetched(entry: Entry) -> str:
    from robustgen.data.remote import fetch as download
    from robustgen.data.sources import place, whereabouts

    if whereabouts(entry) == "scikit-learn":
        return "ships inside scikit-learn"
    return str(place(entry) or download(entry))


def _described(entry: Entry) -> dict[str, Any]:
    from robustgen.data.sources import whereabouts

    return {**asdict(entry), "where": whereabouts(entry)}


def _in_words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _show(entries: Sequence[Entry]) -> None:
    """Print a line a set, kind by kind: 80 characters where names allow it."""
    from robustgen.data.sources import whereabouts

    for kind in _KINDS:
        lines = [_line(entry, whereabouts(entry)) for entry in entries if entry.kind == kind]
        if lines:
            widths = [max(map(len, column)) for column in zip(_HEADS, *lines, strict=True)]
            click.echo(f"{kind} sets")
            for line in (_HEADS, *lines):
                click.echo("  " + "  ".join(map(_aligned, line, widths, _RIGHT)).rstrip())
            click.echo()
    next_step("robustgen datasets info NAME, or robustgen bench --dataset NAME")


def _line(entry: Entry, where: str) -> tuple[str, ...]:
    rows = "" if entry.rows is None else f"{entry.rows:,}"
    return entry.name, rows, " x ".join(map(str, entry.shape)), _labels(entry), where


def _aligned(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def _labels(entry: Entry) -> str:
    if entry.outlier_rate is None:
        return f"{entry.classes} classes"
    return f"{100 * entry.outlier_rate:.3g} % outliers"
