"""Try rules on kept members: ``python -m benchmarks.choosing.compare FILE [HALVES] [DRAWS] [CORRUPTIONS]``.

FILE is Python that defines ``RULES``, a dict of rules. Half B is looked at once an idea, see looks.md.
"""

from __future__ import annotations

import runpy
import sys
import warnings

from benchmarks.choosing.cells import CORRUPTIONS
from benchmarks.choosing.table import show

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    file, halves, draws, corruptions = (sys.argv[1:] + ["A", "0", ""][len(sys.argv) - 2 :])[:4]
    chosen = tuple(float(c) for c in corruptions.split(",")) if corruptions else CORRUPTIONS
    found = show(runpy.run_path(file)["RULES"], halves, tuple(int(d) for d in draws.split(",")), chosen)
