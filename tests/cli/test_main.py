"""The command line as a whole: light to ask, one line to refuse."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import robustgen
from robustgen._checks import UsageError
from robustgen.cli import main
from robustgen.cli.main import OneLineGroup

HEAVY = ("torch", "sklearn", "scipy", "pyod", "matplotlib", "pandas", "joblib", "rich")


def test_the_package_runs_as_the_command():
    asked = subprocess.run(
        [sys.executable, "-m", "robustgen", "--version"], capture_output=True, text=True, check=True
    )
    assert robustgen.__version__ in asked.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["bench", "--help"],
        ["report", "--help"],
        ["fit", "--help"],
        ["clean", "--help"],
        ["compare", "--help"],
        ["--version"],
    ],
)
def test_asking_for_help_loads_nothing_heavy(arguments):
    code = (
        "import sys\nfrom robustgen.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit as end: assert end.code == 0, end.code\n"
        f"sys.exit(', '.join(m for m in {HEAVY!r} if m in sys.modules) or 0)"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr


def test_the_version():
    assert robustgen.__version__ in CliRunner().invoke(main, ["--version"]).output


OPTIONS = """
corruption dataset inlier-class detector repetitions protocol corruption-of
suite max-corruption jobs device output resume fresh quiet
"""


def test_help_names_every_option():
    text = CliRunner().invoke(main, ["bench", "--help"]).output
    assert [option for option in OPTIONS.split() if f"--{option}" not in text] == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UsageError("first\nsecond"), "first second"),
        (PermissionError(13, "Permission denied", "x"), "denied: 'x'"),
    ],
)
def test_what_a_user_can_mend_is_one_line(error, message):
    @click.group(cls=OneLineGroup)
    def group():
        pass

    @group.command()
    def fail():
        raise error

    ended = CliRunner().invoke(group, ["fail"])
    assert ended.exit_code == 2
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    assert message in ended.stderr


def test_a_bug_shows_itself():
    @click.group(cls=OneLineGroup)
    def group():
        pass

    @group.command()
    def fail():
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(group, ["fail"]).exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bensh"], "bensh"),
        (["bench", "--corruptoin", "0.1"], "--corruption"),
        (["bench", "--corruption", "much"], "'much' is not a valid float"),
        (["bench", "--corruption"], "requires an argument"),
    ],
)
def test_a_slip_on_the_command_line_is_one_line(arguments, message):
    ended = CliRunner().invoke(main, arguments)
    assert ended.exit_code == 2
    assert ended.stderr.count("\n") == 1
    assert message in ended.stderr
