"""The page on which a person judges rows: a table of cells or a picture each, by keys or by mouse."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from robustgen.reporting.documents import page

PICTURE_PIXELS = 320


@dataclass(frozen=True)
class Cell:
    """What a row has in a column.

    Attributes
    ----------
    column : str
        Its name.
    value : str
        The cell.
    normal : str
        The same column of the nearest row that was judged normal, or an empty text.
    deviation : float
        The cell's distance from the column's mean, in standard deviations.
    """

    column: str
    value: str
    normal: str
    deviation: float


@dataclass(frozen=True)
class Question:
    """A row to judge.

    Attributes
    ----------
    place : int
        Where it stands.
    name : str
        What it is called.
    content : str
        The hash of what it holds.
    n_rows : int
        How many rows it stands for.
    share : float
        The same as a share of all.
    cells : tuple of Cell
        The columns in which it is most unusual, the first most of all; none for an image.
    picture : str
        The image as a data URL; an empty text for all else.
    around : tuple of str
        Images that it stands for, the nearest first, likewise.
    """

    place: int
    name: str
    content: str
    n_rows: int
    share: float
    cells: tuple[Cell, ...] = ()
    picture: str = ""
    around: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """What the row is called above its cells."""
        return f"Row {self.name}" if self.name.isdigit() else self.name


def picture_url(image: NDArray[Any]) -> str:
    """Return an image (H, W) or (C, H, W) as a PNG in a data URL, its values spread over the grey levels."""
    from robustgen.reporting.pictures import data_url, drawn

    small = drawn(image)
    small.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS))
    return data_url(small, "png")


def review_page(title: str, asked: list[Question], kept: list[list[str]]) -> str:
    """Return the page as HTML, with nothing outside it.

    Parameters
    ----------
    title : str
        The file that rows are from.
    asked : list of Question
        The rows, the most useful first.
    kept : list of list of str
        Lines of answers that were given before: they come first in the file that the page gives.

    Returns
    -------
    str
        A page that gives the answers as the file that the commands take.
    """
    data = json.dumps({"asked": [asdict(one) for one in asked], "kept": kept}, ensure_ascii=True)
    return page("review.html.j2", title=title, data=data.replace("<", "\\u003c"), n=len(asked))
