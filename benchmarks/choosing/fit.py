"""Fit the members of every cell: ``python -m benchmarks.choosing.fit DRAWS [CORRUPTIONS]``, resumable.

``--later`` fits what no rule needs, ``--papers`` RSRAE, MAW and VAE.
"""

from __future__ import annotations

import sys
import time
import warnings

from benchmarks.choosing.cells import CORRUPTIONS, NAMES, Cell, half
from benchmarks.choosing.kept import Kept
from benchmarks.choosing.members import LATER, OF_ALL_ROWS, OF_PAPERS

FURTHER = {"--later": LATER, "--papers": OF_PAPERS}


def main(draws: list[int], corruptions: list[float], further: list[str]) -> None:
    members = OF_ALL_ROWS.copy()
    for name in further:
        members |= FURTHER[name]
    warnings.simplefilter("ignore")
    for repetition in draws:
        for name in NAMES:
            start = time.process_time()
            for c in corruptions:
                Kept(Cell(name, c, repetition)).fit(members)
            print(repetition, half(name), name, f"{time.process_time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    given = [a for a in sys.argv[1:] if a not in FURTHER]
    chosen = [float(c) for c in given[1].split(",")] if len(given) > 1 else list(CORRUPTIONS)
    main([int(d) for d in given[0].split(",")], chosen, [a for a in sys.argv[1:] if a in FURTHER])
