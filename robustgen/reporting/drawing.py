"""From figures to files: PNG and SVG that are the same bytes each time, and SVG to set into a page."""

from __future__ import annotations

import io
import re
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from robustgen.reporting.figures import STYLE
from robustgen.reporting.palette import DARK, variables

NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def png(figure: Figure) -> bytes:
    """Return the figure as PNG on white, 160 dots an inch."""
    return _saved(figure, format="png", dpi=110, facecolor="white", metadata={"Software": None})


def svg(figure: Figure) -> str:
    """Return the figure as an SVG document, without a date, its parts marked by detector.

    What belongs to a detector carries ``data-detector`` (see `figures.token`).
    """
    text = _saved(figure, format="svg", transparent=True, metadata=NO_METADATA).decode()
    shorter = re.sub(r'\b(?:d|x|y)="[^"]*"', lambda found: _to_tenths(found[0]), text)
    return re.sub(r'id="(d[0-9a-f]{8})"', r'data-detector="\1"', shorter)


def inline(document: str, *, name: str, title: str) -> str:
    """Return an SVG document as an element of a page: it scales, darkens, and collides with nothing.

    Parameters
    ----------
    document : str
        What `svg` returns.
    name : str
        Put before every id, so that two figures of a page share none.
    title : str
        What the figure shows, for readers who do not see it.
    """
    body = re.search(r"<svg\b[^>]*viewBox=\"([^\"]+)\"[^>]*>(.*)</svg>", document, re.DOTALL)
    if body is None:
        raise ValueError("the figure is not an SVG document with a viewBox")
    box, content = body.groups()
    content = re.sub(r'\bid="', f'id="{name}-', content).replace("url(#", f"url(#{name}-")
    content = re.sub(r'xlink:href="#', f'href="#{name}-', content)
    width = float(box.split()[2])
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="{box}" '
        f'style="max-width:{width * 1.6:.0f}px">{_darkened(content)}</svg>'
    )


def _to_tenths(coordinates: str) -> str:
    """Cut coordinates to tenths of a point, which no eye can tell and which halves the page."""
    return re.sub(r"(\d\.\d)\d+", r"\1", coordinates)


def _darkened(content: str) -> str:
    for colour in DARK:
        content = re.sub(re.escape(colour), f"var({variables(colour)})", content, flags=re.IGNORECASE)
    return content


def _saved(figure: Figure, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, **options)
    return buffer.getvalue()
