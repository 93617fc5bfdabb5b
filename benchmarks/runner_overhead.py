"""What the runner costs a cell: 10,000 cells of a trivial detector, against the same calls in a bare loop.

    python benchmarks/runner_overhead.py [--cells 10000] [--jobs 1] [--jobs 2]

The bare loop draws, fits, scores and measures each cell; a run also plans, hands out, writes and reads
back. With j jobs the calls alone take 1/j of the bare loop at best: what is above that is overhead, the start
of the processes included. On a machine that others use too, look at the seconds of the processor: those of
this process are all of a run of one job, and at more jobs only what the runner does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from robustgen.bench.cell import run_cell
from robustgen.bench.folder import RunFolder
from robustgen.bench.runner import Options, run_suite
from robustgen.bench.spec import DatasetSpec, Suite
from robustgen.registry import DetectorSpec


class Norm:
    """Scores a row by its length; nothing is learnt."""

    def fit(self, X: np.ndarray) -> Norm:
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return -np.linalg.norm(X, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, action="append")
    options = parser.parse_args()
    suite = Suite(
        "overhead",
        (DatasetSpec("wine", ("0",)),),
        (DetectorSpec("norm", "benchmarks.runner_overhead:Norm"),),
        corruption=(0.3,),
        repetitions=options.cells,
        oracle=False,
        baseline=None,
    )
    cells = suite.cells()
    run_cell(cells[0])  # imports
    bare = Spent()
    for cell in cells:
        run_cell(cell)
    bare.tell(f"{len(cells)} cells, bare", len(cells))
    for jobs in options.jobs or [1, 2]:
        run = Spent()
        with tempfile.TemporaryDirectory() as folder:
            run_suite(suite, RunFolder(Path(folder)), Options(jobs=jobs))
        run.tell(f"a run, {jobs} at a time", len(cells))
        print(f"    overhead {1e3 * (run.wall - bare.wall / jobs) / len(cells):+.2f} ms a cell")


class Spent:
    """Counts from when it is made."""

    def __init__(self) -> None:
        self._start = time.perf_counter(), time.process_time()

    def tell(self, what: str, n_cells: int) -> None:
        """Print what was spent a cell, and keep it."""
        self.wall, self.processor = time.perf_counter() - self._start[0], time.process_time() - self._start[1]
        per_cell = 1e3 / n_cells
        print(
            f"{what}: {per_cell * self.wall:.2f} ms a cell, {per_cell * self.processor:.2f} of the processor"
        )


if __name__ == "__main__":
    main()
