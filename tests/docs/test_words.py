"""One word for one thing: what users read says the field's terms, and no others for the same."""

import ast
import re
from pathlib import Path

import click
import pytest

from robustgen.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "benchmarks/README.md",
    ROOT / "reports/README.md",
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("docs/methods/*.md"),
]
TEMPLATES = sorted(ROOT.glob("robustgen/reporting/templates/*.j2"))
MODULES = sorted(ROOT.glob("robustgen/**/*.py"))

INSTEAD = {
    r"\bundone\b": "recovered",
    r"\bnaive\b": "baseline",
    r"\bstands best\b": "ranks first",
    r"\btold apart\b": "significantly different (of tests), distinguished",
    r"(?<![./])\bpeers?\b(?! \|)": "other detectors",
    r"\b(the|of|several|other) judges\b": "base detectors, screeners or models",
    r"\bfloods?\b": "repeated rows",
    r"\b(by|\*)concentration\b": "iterative trimming",
    r"\bcolumns? that speaks?\b": "top contributors",
    r"\bvouch": "the clean subset",
    r"\bthe \*?core\b": "the clean subset",
}
"""Words that were used once, and what is said in their place."""

APART = ("robustgen/peers/", "robustgen/objectives/codebooks/")
"""The package that wraps other detectors keeps its name; of codebooks the core is a term of the method."""


def docstrings(module: Path) -> str:
    named = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, named)]
    return "\n".join(ast.get_docstring(node) or "" for node in nodes)


def helps(command: click.Command) -> str:
    """What `--help` says of a command, of its options and of the commands below it."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    own = [command.help or "", *(getattr(option, "help", None) or "" for option in command.params)]
    return "\n".join([*own, *map(helps, below)])


def found(text: str) -> list[str]:
    return [
        f"'{match[0]}': say {instead}" for old, instead in INSTEAD.items() for match in re.finditer(old, text)
    ]


@pytest.mark.parametrize("path", [*PAGES, *TEMPLATES], ids=lambda path: path.name)
def test_pages_say_the_terms_of_the_field(path: Path) -> None:
    assert found(path.read_text(encoding="utf-8")) == []


def test_docstrings_say_the_terms_of_the_field() -> None:
    named = {str(module.relative_to(ROOT)): found(docstrings(module)) for module in MODULES}
    wrong = {name: old for name, old in named.items() if old and not name.startswith(APART)}
    assert wrong == {}


def test_commands_say_the_terms_of_the_field() -> None:
    assert found(helps(main)) == []


@pytest.mark.parametrize("name", ["benchmarks/README.md", "docs/benchmark.md"])
def test_a_benchmark_does_runs_and_cells_are_those_of_tables(name: str) -> None:
    assert not re.search(r"\bcells?\b", (ROOT / name).read_text(encoding="utf-8"))
