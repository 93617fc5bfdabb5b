"""``robustgen datasets``: which sets there are, what is known of them, and getting them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from robustgen.data.catalog import Entry

_KINDS = ("tabular", "image", "text", "embedding")

#: Wide enough for every column where the output is no terminal and has no width of its own.
_FILE_WIDTH = 150


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
    from rich.console import Console
    from rich.table import Table

    from robustgen.data.sources import whereabouts

    table = Table()
    table.add_column("name", no_wrap=True)
    table.add_column("kind")
    table.add_column("rows", justify="right")
    table.add_column("shape", justify="right")
    table.add_column("labels", justify="right")
    table.add_column("where")
    table.add_column("licence")
    for entry in entries:
        rows = "" if entry.rows is None else f"{entry.rows:,}"
        shape = " x ".join(map(str, entry.shape))
        table.add_row(entry.name, entry.kind, rows, shape, _labels(entry), whereabouts(entry), entry.licence)
    console = Console()
    if not console.is_terminal:
        console = Console(width=_FILE_WIDTH)
    console.print(table)


def _labels(entry: Entry) -> str:
    if entry.outlier_rate is None:
        return f"{entry.classes} classes"
    return f"{100 * entry.outlier_rate:.3g} % outliers"
