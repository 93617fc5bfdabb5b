"""Peak memory and rows a second of one epoch on rows that stay on disk, beside the same rows in memory.

    python benchmarks/larger_than_memory.py reports/larger-than-memory/costs.csv --rows 5000000

Makes N x 32 numbers in single precision in a temporary folder, as a memory map (.npy) and as Parquet, and
fits one epoch of an Autoencoder (batches of 1,024 rows) in a child process of each form. The peak is the
resident memory of the child, pages of the map and imports included. "epoch" is the training alone; "fit" is
all of ``fit``: checks, scaling, the epoch, the scores of the training rows and their audit.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import click
import numpy as np
import pandas as pd

COLUMNS = 32
BATCH = 1024
WRITTEN_ROWS = 500_000
GROUP_ROWS = 65_536
FORMS = ("in memory", "memory map", "Parquet")
DOUBT = "a machine shared with other work: compare the processor times where its seconds differ"


def write_rows(folder: Path, n_rows: int) -> None:
    """Write the rows in both formats, some at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(8, COLUMNS))
    names = [f"x{j}" for j in range(COLUMNS)]
    schema = pa.schema([(name, pa.float32()) for name in names])
    shape = (n_rows, COLUMNS)
    mapped = np.lib.format.open_memmap(folder / "rows.npy", mode="w+", dtype=np.float32, shape=shape)
    with pq.ParquetWriter(folder / "rows.parquet", schema, compression="none", use_dictionary=False) as file:
        for start in range(0, n_rows, WRITTEN_ROWS):
            size = min(WRITTEN_ROWS, n_rows - start)
            rows = rng.normal(size=(size, 8)) @ mixing + 0.1 * rng.normal(size=(size, COLUMNS))
            mapped[start : start + size] = rows
            columns = [pa.array(column.astype(np.float32)) for column in rows.T]
            file.write_table(pa.table(columns, schema=schema), row_group_size=GROUP_ROWS)
    mapped.flush()


def peak_memory() -> float:
    """Return the peak resident memory of this process, MiB; what its parent held is not in it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 2**10


def measure(folder: Path, form: str) -> dict[str, float]:
    """Fit one epoch in this process, and say what it took."""
    import torch

    from robustgen import Autoencoder, ParquetRows
    from robustgen.training import fitting

    torch.set_num_threads(1)
    if form == "Parquet":
        X = ParquetRows(folder / "rows.parquet")
    else:
        X = np.load(folder / "rows.npy", mmap_mode=None if form == "in memory" else "r")
    seconds = {}
    train_on = fitting.train_on

    def timed(*arguments, **named):
        start, used = time.perf_counter(), time.process_time()
        training = train_on(*arguments, **named)
        seconds["epoch"], seconds["cpu"] = time.perf_counter() - start, time.process_time() - used
        return training

    fitting.train_on = timed
    before = peak_memory()
    start = time.perf_counter()
    detector = Autoencoder(epochs=1, batch_size=BATCH, device="cpu", random_state=0).fit(X)
    seconds["fit"] = time.perf_counter() - start
    objective = detector.history_["objective"][-1, 0]
    return {**seconds, "before": before, "peak": peak_memory(), "objective": float(objective)}


def in_child(folder: Path, form: str) -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--child", str(folder), form]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def page(frame: pd.DataFrame, command: str) -> str:
    """Return the report."""
    lines = [
        "# Rows that are larger than memory\n",
        f"One epoch of `Autoencoder` on N x {COLUMNS} numbers in single precision, {BATCH:,} a batch, "
        "one thread. The peak is the resident memory of the process, imports and pages of the map that it "
        "has touched included (`before` in the table of figures is what it held before the fit); `table` is "
        "the size of the rows. `fit` has in it, beside the epoch, the checks, the scaling, the scores of all "
        "training rows and their audit; `CPU` is the processor time of the epoch, of which a second thread, "
        "where there is a core for it, reads the rows.\n",
        "| N | rows are | table, MiB | peak, MiB | epoch, s | CPU, s | rows/s | of in memory | fit, s |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n_rows, group in frame.groupby("rows"):
        usual = group.set_index("form")["epoch"].get("in memory")
        for row in group.itertuples():
            ratio = "" if usual is None else f"{usual / row.epoch:.0%}"
            lines.append(
                f"| {n_rows:,} | {row.form} | {row.table:,.0f} | {row.peak:,.0f} | {row.epoch:.0f} | "
                f"{row.cpu:.0f} | {n_rows / row.epoch:,.0f} | {ratio} | {row.fit:.0f} |"
            )
    machine = f"{platform.machine()}, Python {platform.python_version()}, torch {version('torch')}"
    return "\n".join([*lines, f"\nOn {machine}, {DOUBT}. Rebuilt by `{command}`.\n"])


@click.command(help=__doc__)
@click.argument("output", type=click.Path(path_type=Path))
@click.argument("form", required=False)
@click.option("--rows", multiple=True, type=int, default=(5_000_000,), show_default=True)
@click.option("--mapped-rows", multiple=True, type=int, help="Sizes that are measured as a memory map alone.")
@click.option("--child", is_flag=True, hidden=True)
def main(
    output: Path, form: str | None, rows: tuple[int, ...], mapped_rows: tuple[int, ...], child: bool
) -> None:
    if child:
        print(json.dumps(measure(output, str(form))))
        return
    lines = []
    for n_rows, forms in [*((n, FORMS) for n in rows), *((n, ["memory map"]) for n in mapped_rows)]:
        with tempfile.TemporaryDirectory() as folder:
            write_rows(Path(folder), n_rows)
            for each in forms:
                found = in_child(Path(folder), each)
                lines.append({"rows": n_rows, "form": each, "table": n_rows * COLUMNS * 4 / 2**20} | found)
                print(lines[-1], flush=True)
    frame = pd.DataFrame(lines)
    output.parent.mkdir(parents=True, exist_ok=True)
    frame.round(4).to_csv(output, index=False)
    asked = " ".join([*(f"--rows {n}" for n in rows), *(f"--mapped-rows {n}" for n in mapped_rows)])
    command = f"python benchmarks/larger_than_memory.py {output} {asked}"
    output.with_name("report.md").write_text(page(frame, command), encoding="utf-8")


if __name__ == "__main__":
    main()
