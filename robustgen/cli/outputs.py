"""Where results go: nowhere that an input, a model or another result lies."""

from __future__ import annotations

import os
import shlex
import unicodedata
from collections.abc import Collection, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from robustgen._checks import UsageError
from robustgen._files import shown
from robustgen._text import legible


def next_step(text: str) -> None:
    """Say what can be done with the result: the last line of a command."""
    click.echo(legible(f"next: {text}"))


def given_options(*left_out: str) -> str:
    """Return the options that were given to the running command, but for some, as a shell takes them.

    Parameters
    ----------
    *left_out : str
        Options, such as "--output".

    Returns
    -------
    str
        Such as " --resize 64x64 --detector rsrae", an empty text where none were given.
    """
    context = click.get_current_context()
    words = []
    for option in context.command.params:
        given = context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
        if given and isinstance(option, click.Option) and not set(option.opts) & set(left_out):
            words += _words(option, context.params[str(option.name)])
    return f" {shlex.join(words)}" if words else ""


def _words(option: click.Option, value: Any) -> list[str]:
    name = max(option.opts, key=len)
    if option.is_flag:
        return [name]
    values = value if option.multiple else [value]
    return [word for one in values for word in (name, _word(one))]


def _word(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)  # a size in pixels


def expect_apart(inputs: Collection[Path | None], outputs: Mapping[str, Path | None]) -> None:
    """Raise where an output is an input, lies inside one, or is another output: before any work.

    Names are compared as files: through links, hard links, and whatever their case.

    Parameters
    ----------
    inputs : collection of Path or None
        What is read; None where it is not given.
    outputs : mapping of str to Path or None
        The option and the path of each result; None where it is not asked for.

    Examples
    --------
    >>> expect_apart([Path("d.csv")], {"--output": Path("./D.csv")})
    Traceback (most recent call last):
        ...
    robustgen._checks.UsageError: got --output D.csv, which is the input d.csv: give it a name of its own
    """
    written = [(option, path) for option, path in outputs.items() if path is not None]
    for option, path in written:
        for source in filter(None, inputs):
            if _is_same(path, source) or (source.is_dir() and _is_inside(path, source)):
                where = "is" if _is_same(path, source) else "lies in"
                raise UsageError(
                    f"got {option} {shown(path)}, which {where} the input {shown(source)}: "
                    "give it a name of its own"
                )
    for (one, first), (other, second) in combinations(written, 2):
        if _is_same(first, second):
            raise UsageError(
                f"got {one} and {other} for one file, {shown(second)}: give each a name of its own"
            )


def expect_own_folder(inputs: Collection[Path], option: str, folder: Path) -> None:
    """Raise where a folder whose content is replaced is an input, lies inside one, or holds one.

    Parameters
    ----------
    inputs : collection of Path
        What is read.
    option : str
        The option that names the folder.
    folder : Path
        The folder.

    Examples
    --------
    >>> expect_own_folder([Path("d.csv")], "--output", Path("."))
    Traceback (most recent call last):
        ...
    robustgen._checks.UsageError: got --output ., which holds the input d.csv: give it a folder of its own
    """
    expect_apart(inputs, {option: folder})
    for source in inputs:
        if _is_inside(source, folder):
            raise UsageError(
                f"got {option} {shown(folder)}, which holds the input {shown(source)}: "
                "give it a folder of its own"
            )


def _is_same(one: Path, other: Path) -> bool:
    try:
        if one.samefile(other):
            return True
    except OSError:  # one of them is not there yet
        pass
    return _folded(one) == _folded(other)


def _is_inside(path: Path, folder: Path) -> bool:
    return any(_is_same(Path(parent), folder) for parent in Path(os.path.realpath(path)).parents)


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()
