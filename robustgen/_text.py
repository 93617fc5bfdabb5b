"""Text of others that is shown: no character in it is a command, and none is lost."""

from __future__ import annotations

import re

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters but for tabs and line breaks, those that turn the direction, and what is no Unicode."""


def legible(text: str) -> str:
    r"""Return text that every document and terminal takes: what is no character is written as an escape.

    Terminals obey control characters, XML has no place for them, and half of a surrogate pair has no UTF-8.

    Examples
    --------
    >>> legible("red \x1b[31m, none \x00, \udce9, caf\xe9")
    'red \\x1b[31m, none \\x00, \\udce9, café'
    """
    return _COMMANDS.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
