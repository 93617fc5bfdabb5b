"""Fit the members of every cell: ``python -m benchmarks.choosing.fit DRAWS [CORRUPTIONS]``, resumable."""

from __future__ import annotations

import sys
import time
import warnings

from benchmarks.choosing.cells import CORRUPTIONS, NAMES, Cell, half
from benchmarks.choosing.kept import Kept
from benchmarks.choosing.members import LATER, OF_ALL_ROWS


def main(draws: list[int], corruptions: list[float], *, late: bool) -> None:
    warnings.simplefilter("ignore")
    for repetition in draws:
        for name in NAMES:
            start = time.process_time()
            for c in corruptions:
                Kept(Cell(name, c, repetition)).fit(OF_ALL_ROWS | (LATER if late else {}))
            print(repetition, half(name), name, f"{time.process_time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    given = [a for a in sys.argv[1:] if a != "--later"]
    chosen = [float(c) for c in given[1].split(",")] if len(given) > 1 else list(CORRUPTIONS)
    main([int(d) for d in given[0].split(",")], chosen, late="--later" in sys.argv)
