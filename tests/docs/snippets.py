"""The snippets of a page and what they print: ``python -m tests.docs.snippets`` runs them and writes it in.

A fence of Python that prints something has a fence ``output`` behind it; one of shell commands may have one.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from markdown_it.token import Token

from robustgen.bench.records import Record
from robustgen.cli import main
from robustgen.reporting.cells import SAMPLE_METRICS
from tests.reporting import fabricate

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("docs/methods/*.md")), ROOT / "README.md"]
OUTPUT = "output"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
CLOSE = {"rel": 0.1, "abs": 0.05}
"""How far a printed number may be from another machine's."""


@dataclass(frozen=True)
class Snippet:
    """A fence of code, what it printed as it ran, and what the page says that it prints.

    Attributes
    ----------
    fence : Token
        The code.
    printed : str
        What it printed.
    shown : Token or None
        The fence of output behind it.
    """

    fence: Token
    printed: str
    shown: Token | None

    @property
    def where(self) -> int:
        """The line of the code."""
        return self.fence.map[0] + 1

    @property
    def told(self) -> str:
        """What the page says that it prints."""
        return self.shown.content if self.shown else ""


def fences_of(page: Path) -> list[Token]:
    """Return all fences of a page."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return [token for token in tokens if token.type == "fence"]


def run(page: Path) -> Iterator[Snippet]:
    """Run the code of a page, fence by fence, all Python in one namespace."""
    names: dict[str, object] = {}
    fences = fences_of(page)
    for fence, after in zip_longest(fences, fences[1:]):
        shown = after if after is not None and after.info == OUTPUT else None
        if fence.info == "python":
            yield Snippet(fence, run_python(fence, page.name, names), shown)
        elif fence.info in ("sh", "bash"):
            yield Snippet(fence, "".join(map(run_command, fence.content.splitlines())), shown)


def run_python(fence: Token, name: str, names: dict[str, object]) -> str:
    """Run a fence of Python and return what it printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(fence.content, f"{name}, line {fence.map[0] + 1}", "exec"), names)
    return printed.getvalue()


def run_command(line: str) -> str:
    """Run a line of robustgen's and return what it printed."""
    if not line.startswith("robustgen "):
        return ""
    command = shlex.split(line, comments=True)[1:]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code == 0, f"{line}\n{result.output}"
    return result.output


def is_same(printed: str, told: str) -> bool:
    """Return whether two texts are the same, their numbers but for what machines differ by."""
    one, other = (" ".join(text.split()) for text in (printed, told))  # columns are as wide as their numbers
    if NUMBER.split(one) != NUMBER.split(other):
        return False
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (one, other)]
    return numbers[0] == pytest.approx(numbers[1], **CLOSE)


def alone(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, but for the detector that a page tells to save there."""
    patch.chdir(folder)
    patch.setattr(sys, "path", [*sys.path])  # which the bench lengthens to find mine.py
    patch.delitem(sys.modules, "mine", raising=False)
    own = next(one for one in fences_of(ROOT / "docs/your-detector.md") if one.info == "python")
    (folder / "mine.py").write_text(own.content)
    patch.setattr("robustgen.cli.review._converse", _answer_truly)


def _answer_truly(session: Any, asked: list[int]) -> None:
    """Be the person that `robustgen review` asks, who knows which errors were planted."""
    data = session.source.path
    planted = set(pd.read_csv(data.with_name(f"{data.stem}-planted.csv"))["row"])
    for place in asked:
        session.record(place, "outlier" if place + 1 in planted else "normal")


def fabricate_runs(patch: pytest.MonkeyPatch) -> None:
    """Let runs of the bench, which take minutes, plan and record their cells at once; `report` draws them."""
    patch.setattr("robustgen.bench.runner._results", lambda cells, *others: map(_fabricated, cells))
    patch.setattr("robustgen.bench.runner.closing", nullcontext)
    patch.setattr("robustgen.cli.bench._conclude", lambda *others, **options: None)


def _fabricated(cell: Any) -> Record:
    draw = (cell.detector.name, cell.dataset, cell.corruption, cell.repetition)
    record = fabricate.line(*draw, inlier_class=cell.inlier_class, clean=cell.clean)
    record["metrics"] |= dict.fromkeys(SAMPLE_METRICS, 0.5)
    return Record(**record | {"key": cell.key})


def rewritten(page: Path) -> str:
    """Return a page with what its snippets print now; shell commands get what stood there for an answer."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for snippet in reversed(list(run(page))):
        end = snippet.fence.map[1]
        if snippet.shown:
            lines[snippet.shown.map[0] : snippet.shown.map[1]] = _fence(snippet.printed)
        elif snippet.printed and snippet.fence.info == "python":
            lines[end:end] = ["\n", *_fence(snippet.printed)]
    return "".join(lines)


def _fence(printed: str) -> list[str]:
    return [f"```{OUTPUT}\n", *(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines()), "```\n"]


def write(pages: list[Path]) -> None:
    """Write what snippets print into pages, each run in an empty folder."""
    for page in pages:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            alone(Path(folder), patch)
            fabricate_runs(patch)
            page.write_text(rewritten(page), encoding="utf-8")


if __name__ == "__main__":
    named = [Path(name).resolve() for name in sys.argv[1:]]
    write(named or [page for page in PAGES if any(one.info == OUTPUT for one in fences_of(page))])
