"""From figures to files: PNG and SVG that are the same bytes each time, and SVG to set into a page.

Drawn text holds names that users choose, so an SVG is changed as a tree of elements and never as text.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from robustgen.reporting.figures.palette import DARK, variables
from robustgen.reporting.figures.style import LEVEL, STYLE

NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_TOKEN = re.compile(r"d[0-9a-f]{8}")
_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""Characters that no XML document may hold; drawn text may."""

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


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

    What belongs to a detector carries ``data-detector`` (see :func:`robustgen.reporting.figures.token`), the
    line of a corruption ``data-level``.
    """
    saved = _saved(figure, format="svg", transparent=True, metadata=NO_METADATA)
    root = ElementTree.fromstring(_NO_XML.sub("\ufffd".encode(), saved))
    _lean(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def inline(document: str, *, name: str, title: str) -> str:
    """Return an SVG document as an element of a page: it scales, darkens, and collides with nothing.

    Parameters
    ----------
    document : str
        What :func:`svg` returns.
    name : str
        Put before every id, so that two figures of a page share none.
    title : str
        What the figure shows, for readers who do not see it.
    """
    root = ElementTree.fromstring(document)
    figure = re.sub(r"\W", "-", f"figure-{name}")  # no dots, for the rules name it
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        _own_names(element, name)
    rules = ElementTree.Element("style")
    rules.text = _classed(root, figure)
    root.insert(0, rules)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    width = float(box.split()[2])
    root.attrib.update(
        {"id": figure, "role": "img", "aria-label": title, "viewBox": box},
        style=f"max-width:{width * 1.6:.0f}px",
    )
    return ElementTree.tostring(root, encoding="unicode")


def _own_names(element: ElementTree.Element, name: str) -> None:
    """Put a figure's name before the id of an element and before the one that it refers to."""
    attributes = element.attrib
    if "id" in attributes:
        attributes["id"] = f"{name}-{attributes['id']}"
    if target := attributes.pop(f"{{{XLINK}}}href", ""):
        attributes["href"] = f"#{name}-{target[1:]}" if target.startswith("#") else target


def _lean(root: ElementTree.Element) -> None:
    """Leave out what no eye sees, so that a page of many figures stays light.

    Nothing is drawn outside its axes, so no part is clipped; groups need no names but their detectors';
    lines keep tenths of a point, each written as the step from the one before.
    """
    for element in list(root.iter()):
        for clip in element.findall(f"{{{SVG}}}clipPath"):
            element.remove(clip)
        _lean_attributes(element.attrib, is_group=element.tag == f"{{{SVG}}}g")
        element.tail = (element.tail or "").strip() or None
        if len(element):
            element.text = (element.text or "").strip() or None


def _lean_attributes(attributes: dict[str, str], *, is_group: bool) -> None:
    attributes.pop("clip-path", None)
    name = attributes.pop("id", "") if is_group else ""
    if _TOKEN.fullmatch(name):
        attributes["data-detector"] = name
    elif name.startswith(LEVEL):
        attributes["data-level"] = name.removeprefix(LEVEL)
    if re.match(r"rotate\(-?0 ", attributes.get("transform", "")):
        del attributes["transform"]
    for place in attributes.keys() & {"x", "y"}:
        attributes[place] = re.sub(r"(\.\d)\d+", r"\1", attributes[place])
    if "d" in attributes:
        attributes["d"] = _steps(attributes["d"])


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


def _classed(root: ElementTree.Element, figure: str) -> str:
    """Gather the styles of the parts of a figure into rules of its own, and name the rules instead."""
    names: dict[str, str] = {}
    for element in root.iter():
        if style := element.attrib.pop("style", ""):
            element.set("class", names.setdefault(_darkened(style), f"s{len(names)}"))
    return "".join(f"#{figure} .{name}{{{style}}}" for style, name in names.items())


def _darkened(style: str) -> str:
    """Name the colours of a style by their variables, which a dark page sets to others."""
    for colour in DARK:
        style = re.sub(re.escape(colour), f"var({variables(colour)})", style, flags=re.IGNORECASE)
    return style


def _saved(figure: Figure, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+", UserWarning)  # a page has more fonts than a drawing
        _settle(figure)
        figure.savefig(buffer, **options)
    return buffer.getvalue()


def _settle(figure: Figure) -> None:
    """Lay the parts of a figure out once: each file of it would solve the same layout again."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)
