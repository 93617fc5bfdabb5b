"""From figures to files: PNG and SVG that are the same bytes each time, and SVG to set into a page."""

from __future__ import annotations

import io
import re
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from robustgen.reporting.figures.palette import DARK, variables
from robustgen.reporting.figures.style import STYLE

NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def png(figure: Figure) -> bytes:
    """Return the figure as PNG on white, 110 dots an inch, in a palette of 256 colours.

    A figure has few colours, and the palette makes a third of the file: reports are kept in repositories.
    """
    saved = _saved(figure, format="png", dpi=110, facecolor="white")
    picture = Image.open(io.BytesIO(saved)).convert("RGB")
    buffer = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def svg(figure: Figure) -> str:
    """Return the figure as an SVG document, without a date, its parts marked by detector.

    What belongs to a detector carries ``data-detector`` (see `figures.token`).
    """
    text = _saved(figure, format="svg", transparent=True, metadata=NO_METADATA).decode()
    return re.sub(r'id="(d[0-9a-f]{8})"', r'data-detector="\1"', _lean(text))


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
    content = re.sub(r'\bid="', f'id="{name}-', content)
    content = re.sub(r'xlink:href="#', f'href="#{name}-', content)
    figure = re.sub(r"\W", "-", f"figure-{name}")  # no dots, for the rules name it
    rules, content = _classed(content, figure)
    width = float(box.split()[2])
    return (
        f'<svg id="{figure}" role="img" aria-label="{escape(title)}" viewBox="{box}" '
        f'style="max-width:{width * 1.6:.0f}px">{_darkened(rules + content)}</svg>'
    )


def _lean(document: str) -> str:
    """Leave out what no eye sees, so that a page of many figures stays light.

    Nothing is drawn outside its axes, so no part is clipped; groups need no names but their detectors';
    lines keep tenths of a point, each written as the step from the one before.
    """
    document = re.sub(r"\bclip-path=\"[^\"]*\"|<clipPath.*?</clipPath>", "", document, flags=re.DOTALL)
    document = re.sub(r'<g id="(?!d[0-9a-f]{8}")[^"]*"', "<g", document)
    document = re.sub(r' transform="rotate\(-?0 [^"]*"', "", document)
    document = re.sub(r'\b(?:x|y)="[^"]*"', lambda found: re.sub(r"(\.\d)\d+", r"\1", found[0]), document)
    document = re.sub(r'\bd="([^"]*)"', lambda found: f'd="{_steps(found[1])}"', document)
    return re.sub(r">\s+<", "><", document)


def _steps(path: str) -> str:
    """Write the straight lines of a path as steps of tenths of a point; leave one with curves as it is.

    Examples
    --------
    >>> _steps("M 10.04 20 L 11 18.51 L 11 25 z ")
    'M10 20l1 -1.5 0 6.5z'
    """
    if re.search(r"[^MLz\d\s.eE-]", path):
        return path
    steps = []
    for piece in re.findall(r"M[^M]*", path):
        points = [round(10 * float(number)) for number in re.findall(r"[-\d.e]+", piece)]
        moves = [new - old for old, new in zip(points, points[2:], strict=False)]
        line = "l" + " ".join(f"{move / 10:g}" for move in moves) if moves else ""
        steps.append(f"M{points[0] / 10:g} {points[1] / 10:g}{line}{'z' if 'z' in piece else ''}")
    return "".join(steps)


def _classed(content: str, figure: str) -> tuple[str, str]:
    """Gather the styles of the parts of a figure into rules of its own, and name the rules instead."""
    styles = dict.fromkeys(re.findall(r' style="([^"]*)"', content))
    names = {style: f"s{place}" for place, style in enumerate(styles)}
    rules = "".join(f"#{figure} .{name}{{{style}}}" for style, name in names.items())
    classed = re.sub(r' style="([^"]*)"', lambda found: f' class="{names[found[1]]}"', content)
    return f"<style>{rules}</style>", classed


def _darkened(content: str) -> str:
    for colour in DARK:
        content = re.sub(re.escape(colour), f"var({variables(colour)})", content, flags=re.IGNORECASE)
    return content


def _saved(figure: Figure, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, **options)
    return buffer.getvalue()
