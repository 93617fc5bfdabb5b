"""The wheel works outside the checkout: suites and catalog travel with it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(unpacked), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=unpacked, env=environment, capture_output=True, text=True, check=False
    )


def test_the_unpacked_wheel_is_what_runs(unpacked):
    done = run(unpacked, "-c", "import robustgen; print(robustgen.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(unpacked)
    assert (unpacked / "robustgen" / "py.typed").exists()


def test_a_bench_runs_from_the_wheel(unpacked, tmp_path):
    done = run(
        unpacked, "-c", "from robustgen.cli import main; main()",
        *("bench", "--corruption", "0.2", "--dataset", "wine", "--inlier-class", "0", "--detector", "tails"),
        *("--repetitions", "1", "--jobs", "1", "--output", str(tmp_path / "run")),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "report.html").exists()
