"""What is not always installed: named by one line where it is missing, and not needed elsewhere."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from robustgen._checks import UsageError
from robustgen._extras import EXTRAS, optional
from robustgen.cli import main
from tests.pyproject import PROJECT, package

LINE = "needs {package}, which is not installed: pip install 'robustgen[{extra}]'"


@pytest.mark.parametrize("name", EXTRAS)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError) as caught:
        optional(name, "this")
    assert str(caught.value) == "this " + LINE.format(package=name, extra=EXTRAS[name])


@pytest.mark.parametrize(("name", "extra"), EXTRAS.items())
def test_every_extra_installs_what_it_is_named_for(name, extra):
    assert name in [package(line) for line in PROJECT["optional-dependencies"][extra]]


def test_all_extras_is_every_extra_of_users():
    (line,) = PROJECT["optional-dependencies"]["all"]
    assert line == f"robustgen[{','.join(sorted(set(EXTRAS.values())))}]"


def test_every_requirement_has_a_lower_bound():
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    assert not [
        line for lines in lists for line in lines if ">=" not in line and not line.startswith("robustgen[")
    ]


def test_parquet_without_pyarrow_ends_in_one_line(monkeypatch, tmp_path):
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    command = ["clean", str(tmp_path / "rows.parquet"), "-o", str(tmp_path / "kept.parquet")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2
    assert LINE.format(package="pyarrow", extra="parquet") in " ".join(done.output.split())


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None
from robustgen.data.files import read_table
table = read_table(sys.argv[1])
print([(name, str(column.dtype), column.isna().sum(), column.tolist()[0]) for name, column in table.items()])
"""


def test_csv_files_are_read_alike_without_pyarrow(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("n,x,word,yes,nothing\n1,0.5,a,true,\n2,,b,false,\n3,1e3,NA,true,\n")
    code = {"with": WITHOUT_PYARROW.replace('sys.modules["pyarrow"] = None', ""), "without": WITHOUT_PYARROW}
    said = {
        name: subprocess.run([sys.executable, "-c", text, path], capture_output=True, text=True, check=True)
        for name, text in code.items()
    }
    assert said["with"].stdout == said["without"].stdout != ""
