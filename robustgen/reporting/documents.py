"""From tables and figures to the two documents: a self-contained page and a Markdown file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from robustgen.reporting.drawing import inline
from robustgen.reporting.headline import Headline
from robustgen.reporting.palette import DARK, variables
from robustgen.reporting.sheets import Sheet
from robustgen.reporting.tables import SMALLEST_DAMAGE

LONGEST = 60
"""Rows of a table in the Markdown report; longer ones stand in the page only."""


@dataclass(frozen=True)
class Picture:
    """A drawn figure: its file name without ending, what it shows, and both forms of it."""

    name: str
    title: str
    caption: str
    svg: str
    png: bytes


@dataclass(frozen=True)
class Section:
    """A part of the report; a folded one opens on demand."""

    name: str
    title: str
    text: str = ""
    pictures: tuple[Picture, ...] = ()
    sheet: Sheet | None = None
    folded: bool = False


@dataclass(frozen=True)
class Report:
    """All that a report says, before it becomes a page."""

    title: str
    facts: tuple[str, ...]
    headline: Headline
    naive: str | None
    first: Section
    sections: tuple[Section, ...]
    damaged: tuple[str, ...]
    provenance: Mapping[str, str]
    rebuild: tuple[str, ...]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture of the report, in its order."""
        return tuple(picture for part in (self.first, *self.sections) for picture in part.pictures)


def html(report: Report) -> str:
    """Return the report as one page that needs nothing beside it, nor a network."""
    page = _environment(autoescape=True).get_template("report.html.j2")
    return page.render(report=report, colours=_colours(), smallest=SMALLEST_DAMAGE)


def markdown(report: Report) -> str:
    """Return the report in short as Markdown, its figures by relative links."""
    page = _environment(autoescape=False).get_template("report.md.j2")
    return page.render(report=report, smallest=SMALLEST_DAMAGE, longest=LONGEST)


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
    environment.filters |= {"inline_svg": _inline_svg, "plain": _plain, "table": _markdown_table}
    return environment


def _inline_svg(picture: Picture) -> Markup:
    return Markup(inline(picture.svg, name=picture.name, title=f"{picture.title}. {picture.caption}"))


def _colours() -> Markup:
    """Return the declarations of the figures' colours, for the light and the dark page."""
    light = " ".join(f"{variables(colour)}: {colour};" for colour in DARK)
    dark = " ".join(f"{variables(colour)}: {other};" for colour, other in DARK.items())
    return Markup(f":root {{ {light} }} @media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}")


def _plain(text: object) -> str:
    """Escape what Markdown or the HTML in it would take for markup."""
    escaped = re.sub(r"([\\`*_{}\[\]<>|$#])", r"\\\1", str(text))
    return " ".join(escaped.replace("&", "&amp;").split())


def _markdown_table(sheet: Sheet) -> str:
    labels = [_plain(column.label) for column in sheet.columns]
    ruler = ["---:" if column.numeric else "---" for column in sheet.columns]
    rows = [labels, ruler]
    rows += [[_plain(f"{item.text} {item.beside}") for item in line.items] for line in sheet.lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
