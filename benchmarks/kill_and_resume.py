"""Kill a run at random moments and resume it: its records must be those of an undisturbed run.

    python benchmarks/kill_and_resume.py [--kills 10] [--jobs 2] [--seed 0]

Moments are uniform from a run's first record on, such that the killed runs together take about as long as the
cells do. The process that writes gets SIGKILL, then its workers. Exits with 1 if a record
differs in more than its costs.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from robustgen.bench.records import FILE_NAME, Record, read

COSTS = ("fit_seconds", "score_seconds", "rows_per_second", "peak_memory_mib")
RUN = "import sys; from robustgen.cli import main; sys.exit(main())"
DETECTORS = ("iforest", "knn", "pca", "tails")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        undisturbed, disturbed = Path(folder, "undisturbed"), Path(folder, "disturbed")
        finish(undisturbed, options.jobs)
        whole = cell_seconds(undisturbed) / options.jobs
        for _ in range(options.kills):
            moment = moments.uniform(0, 2 * whole / options.kills)
            kill(disturbed, options.jobs, after=moment)
            print(
                f"killed after {moment:.1f} of {whole:.1f} s: {len(essence(disturbed))} records are kept",
                flush=True,
            )
        finish(disturbed, options.jobs)
        same = essence(disturbed) == essence(undisturbed)
        print(f"{len(essence(undisturbed))} records, " + ("the same" if same else "NOT the same"))
    return 0 if same else 1


def command(folder: Path, jobs: int) -> list[str]:
    chosen = [f"--detector={name}" for name in DETECTORS]
    settings = ["--repetitions=3", "--quiet", f"--jobs={jobs}", f"--output={folder}"]
    return [sys.executable, "-c", RUN, "bench", *chosen, *settings]


def finish(folder: Path, jobs: int) -> None:
    subprocess.run(command(folder, jobs), check=True, stdout=subprocess.DEVNULL)


def kill(folder: Path, jobs: int, *, after: float) -> None:
    with subprocess.Popen(command(folder, jobs), stdout=subprocess.DEVNULL, start_new_session=True) as run:
        before = written(folder)
        while written(folder) == before and run.poll() is None:
            time.sleep(0.01)
        time.sleep(after)
        run.kill()
        run.wait()
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)  # its workers, which would wait a minute for another cell


def written(folder: Path) -> int:
    """Return the bytes of records in the folder."""
    records = folder / FILE_NAME
    return records.stat().st_size if records.exists() else 0


def cell_seconds(folder: Path) -> float:
    """Return what all fits and scorings took."""
    return sum((one.fit_seconds or 0) + (one.score_seconds or 0) for one in read(folder / FILE_NAME)[0])


def essence(folder: Path) -> dict[str, Record]:
    """Return the records by key, without what they cost."""
    records, _ = read(folder / FILE_NAME)
    return {record.key: replace(record, **dict.fromkeys(COSTS)) for record in records}


if __name__ == "__main__":
    sys.exit(main())
