"""Time and memory of scoring a CSV of any size: makes the file, fits a model, runs `robustgen score`.

    python benchmarks/score_csv.py                        # 5 million rows of 10 columns
    python benchmarks/score_csv.py --rows 200000 --keep /tmp/folder

The peak is the resident memory of the whole `robustgen score` process, imports included.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

CHUNK = 100_000


def write_csv(path: Path, n_rows: int) -> None:
    """Write rows of eight numbers, a boolean and a category; one in twenty is out of line.

    They are the same 100,000 rows again and again: a score does not depend on the rows beside it.
    """
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(CHUNK, 3)) @ rng.normal(size=(3, 8)) + 0.1 * rng.normal(size=(CHUNK, 8))
    odd = rng.random(CHUNK) < 0.05
    rows[odd] = 3 * rng.normal(size=(odd.sum(), 8))
    table = pd.DataFrame(rows.round(4), columns=[f"x{j}" for j in range(8)])
    table["on"] = rng.random(CHUNK) < 0.5
    table["kind"] = rng.choice(["oil", "gas", "coal"], size=CHUNK)
    lines = table.to_csv(index=False, header=False).splitlines(keepends=True)
    with path.open("w") as file:
        file.write(",".join(table) + "\n")
        for start in range(0, n_rows, CHUNK):
            file.writelines(lines[: n_rows - start])


def run(*arguments: str) -> float:
    """Run a command of robustgen and return its seconds."""
    start = time.perf_counter()
    code = "from robustgen.cli import main; main()"
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)
    return time.perf_counter() - start


def measure(folder: Path, n_rows: int) -> None:
    """Print what scoring costs."""
    data, train = folder / "rows.csv", folder / "train.csv"
    write_csv(data, n_rows)
    write_csv(train, 5000)
    print(f"{n_rows:,} rows of 10 columns, {data.stat().st_size / 2**20:.0f} MiB", flush=True)
    run("fit", str(train), "-o", str(folder / "model"), "-d", "rsrae", "--set", "epochs=20")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    seconds = run("score", str(folder / "model"), str(data), "-o", str(folder / "scored.csv"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"score: {seconds:.0f} s ({used.ru_utime - before:.0f} s of CPU), ", end="")
    print(f"peak of fit and score {used.ru_maxrss / 2**10:.0f} MiB resident")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--keep", type=Path, help="a folder for the files, which stay there")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        measure(options.keep, options.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.rows)


if __name__ == "__main__":
    main()
