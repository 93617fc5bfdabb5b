"""From tables and figures to the two documents: a self-contained page and a Markdown file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from robustgen._text import legible
from robustgen.reporting.cards import Card
from robustgen.reporting.cells import TIE
from robustgen.reporting.display_tables import MEASURES, DisplayTable
from robustgen.reporting.figures import token
from robustgen.reporting.figures.palette import DARK, variables
from robustgen.reporting.figures.svg import inline, png, svg
from robustgen.reporting.formatting import count, percent
from robustgen.reporting.headline import Headline
from robustgen.reporting.statistics import LEAST_SHARE

LONGEST = 60
"""Rows of a table in the Markdown report; longer ones stand in the page only."""


@dataclass(frozen=True)
class Picture:
    """A drawn figure: its file name without ending, what it shows, and both forms of it.

    Where it draws a measure of the detectors against corruption or at one ``level`` of it, the page tells the
    values under the pointer.
    """

    name: str
    title: str
    caption: str
    svg: str
    png: bytes
    measure: str = ""
    level: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the report; a folded one opens on demand."""

    name: str
    title: str
    text: str = ""
    pictures: tuple[Picture, ...] = ()
    tables: tuple[DisplayTable, ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Report:
    """All that a report says, before it becomes a page; and its tables in full, by their names.

    The note is what readers must know of a published run: of which commit it is, and what has changed since.
    """

    title: str
    facts: tuple[str, ...]
    headline: Headline
    cards: tuple[Card, ...]
    baseline: str | None
    first: Section
    sections: tuple[Section, ...]
    damaged: tuple[str, ...]
    provenance: Mapping[str, str]
    rebuild: tuple[str, ...]
    note: str = ""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture of the report, in its order."""
        return tuple(picture for part in (self.first, *self.sections) for picture in part.pictures)


def picture(
    name: str, title: str, caption: str, drawn: Figure, *, measure: str = "", level: str = ""
) -> Picture:
    """Return a drawn figure as a picture of a document."""
    return Picture(name, title, caption, svg(drawn), png(drawn), measure, level)


def html(report: Report) -> str:
    """Return the report as one page that needs nothing beside it, nor a network."""
    return page(
        "report.html.j2",
        report=report,
        values=_values(report),
        smallest=TIE,
        least_share=percent(LEAST_SHARE),
    )


def markdown(report: Report) -> str:
    """Return the report in short as Markdown, its figures by relative links."""
    return markdown_of("report.md.j2", report=report, smallest=TIE)


def page(template: str, **contents: Any) -> str:
    """Fill a template of a page; it is coloured for light and dark screens."""
    filled = _environment(autoescape=True).get_template(template).render(colours=_colours(), **contents)
    return legible(filled)


def markdown_of(template: str, **contents: Any) -> str:
    """Fill a template of a Markdown file."""
    return _environment(autoescape=False).get_template(template).render(**contents)


def provenance(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return a manifest as flat lines: nested names joined by a space, lists as JSON.

    Examples
    --------
    >>> provenance({"device": "cpu", "versions": {"torch": "2.13.0"}, "jobs": None})
    {'device': 'cpu', 'versions torch': '2.13.0'}
    """
    lines: dict[str, str] = {}
    for name, value in manifest.items():
        if isinstance(value, Mapping):
            lines |= {f"{name} {inner}": text for inner, text in provenance(value).items()}
        elif value is not None:
            lines[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return lines


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("robustgen.reporting"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "first_table": _first_table,
        "inline_svg": _inline_svg,
        "json": lambda pairs: json.dumps(dict(pairs), ensure_ascii=False),
        "plain": _plain,
        "table": _markdown_table,
    }
    return environment


def _inline_svg(picture: Picture) -> Markup:
    return Markup(inline(picture.svg, name=picture.name, title=f"{picture.title}. {picture.caption}"))


def _colours() -> Markup:
    """Return the declarations of the figures' colours, for the light and the dark page."""
    light = " ".join(f"{variables(colour)}: {colour};" for colour in DARK)
    dark = " ".join(f"{variables(colour)}: {other};" for colour, other in DARK.items())
    return Markup(f":root {{ {light} }} @media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}")


def _values(report: Report) -> Markup:
    """Return the means of each detector at each corruption as JSON, for the values under the pointer."""
    summary = report.tables.get("summary", pd.DataFrame(columns=["detector", "corruption", *MEASURES]))
    found: dict[str, dict[str, dict[str, str]]] = {}
    for _, row in summary.iterrows():
        texts = {name: form(row[name]) for name, form in MEASURES.items()}
        found.setdefault(token(row["detector"]), {})[f"{row['corruption']:g}"] = texts
    return Markup(json.dumps(found))  # tokens and numbers: nothing that a user named


def _plain(text: object) -> str:
    """Escape what Markdown or the HTML in it would take for markup."""
    escaped = re.sub(r"([\\`*_{}\[\]<>|$#])", r"\\\1", str(text))
    return " ".join(escaped.replace("&", "&amp;").split())


def _first_table(tables: Sequence[DisplayTable]) -> str:
    """Return the first of a section's tables, if it is short; the page has all of them."""
    if not tables:
        return ""
    table, others = tables[0], len(tables) - 1
    if len(table.lines) > LONGEST:
        return f"A table of {len(table.lines)} rows: see report.html.\n"
    title = f"{_plain(table.title)}:\n\n" if table.title else ""
    more = f"\n{count(others, 'more table')} of this kind: see report.html.\n" if others else ""
    return f"{title}{_markdown_table(table)}\n{more}"


def _markdown_table(table: DisplayTable) -> str:
    labels = [_plain(column.label) for column in table.columns]
    ruler = ["---:" if column.numeric else "---" for column in table.columns]
    rows = [labels, ruler]
    rows += [[_plain(f"{item.text} {item.beside}") for item in line.items] for line in table.lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
