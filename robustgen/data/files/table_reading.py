"""What a person or a model says of how the text of a table is to be read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from robustgen._checks import UsageError

NO_COLUMNS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TableReading:
    """How the text of a table is read; a table that is no text needs nothing of it.

    Parameters
    ----------
    encoding : str or None
        Of the text, such as "latin-1"; None for UTF-8, or for UTF-16 where the file begins with its mark.
    text : frozenset of str or None
        The columns whose cells are text even where they look like numbers: ``007`` stays what it is. None for
        all columns.

    Raises
    ------
    UsageError
        When the encoding is unknown.
    """

    encoding: str | None = None
    text: frozenset[str] | None = NO_COLUMNS

    def __post_init__(self) -> None:
        try:
            codecs.lookup(self.encoding or "utf-8")
        except LookupError:
            raise UsageError(
                f"got the encoding {self.encoding!r}, expected one such as 'latin-1' or 'utf-16'"
            ) from None

    def is_text(self, name: str) -> bool:
        """Tell whether the cells of a column are text whatever they look like."""
        return self.text is None or name in self.text


AS_IT_LOOKS = TableReading()
