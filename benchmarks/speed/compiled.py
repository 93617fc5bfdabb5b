"""From how many steps on does torch.compile pay?

    python -m benchmarks.speed.compiled reports/speed-compiled/report.md

Processor time of one core, that of the C++ compiler included: of the first epoch beside a later one, with
nothing compiled before and with what the first process left in torch's cache, and of a step as it is and
compiled (the fastest epoch of the least loaded process). Break-even is the steps after which compilation is
paid back, in a process that finds an empty cache.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import torch

from benchmarks.speed.steps import BATCH, COMMON, STEPS, rows
from robustgen.training import compiled, each_epoch

TASKS = ("Autoencoder", "RSRAE", "RSRAE, 16 members")
EPOCHS = 8
HEAD = "| task | as it is, ms a step | compiled | compilation, s | from the cache, s | break-even, steps |"


def spent() -> float:
    """Return the processor seconds of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(task: str, how: str) -> tuple[float, float]:
    """Return seconds until the first epoch has ended, and milliseconds of a later step."""
    torch.set_num_threads(1)
    n_rows, build = STEPS[task]
    stamps = [spent()]
    block = compiled() if how == "compiled" else nullcontext()
    with block, each_epoch(lambda history: stamps.append(spent())):
        build(epochs=EPOCHS, **COMMON).fit(rows(n_rows))
    taken = np.diff(stamps)
    return float(taken[0]), 1e3 * float(taken[1:].min()) / math.ceil(n_rows / BATCH)


def in_child(task: str, how: str, cache: str) -> tuple[float, float]:
    """Measure in a process of its own, whose compiler keeps what it made in a folder."""
    settings = {"TORCHINDUCTOR_CACHE_DIR": cache, "TORCHINDUCTOR_COMPILE_THREADS": "1"}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **settings}
    command = [sys.executable, "-m", "benchmarks.speed.compiled", "--child", task, how]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    first, step = json.loads(done.stdout.splitlines()[-1])
    return first, step


def line(task: str, rounds: int) -> str:
    """Return a task's line of the table."""
    with TemporaryDirectory() as cache:
        plain = [in_child(task, "plain", cache) for _ in range(rounds)]
        whole = [in_child(task, "compiled", cache) for _ in range(rounds + 1)]
    before, after = (min(step for _, step in found) for found in (plain, whole))
    first = min(seconds for seconds, _ in plain)
    cold, warm = whole[0][0] - first, min(seconds for seconds, _ in whole[1:]) - first
    pays = f"{1e3 * cold / (before - after):,.0f}" if after < before else "never"
    return f"| {task} | {before:.2f} | {after:.2f} | {cold:.1f} | {warm:.1f} | {pays} |"


@click.command(help=__doc__)
@click.argument("output")
@click.argument("how", required=False)
@click.option("--rounds", default=2, show_default=True, help="Processes a figure.")
@click.option("--note", default="", help="A sentence that the report ends with.")
@click.option("--child", is_flag=True, hidden=True)
def main(output: str, how: str | None, rounds: int, note: str, child: bool) -> None:
    if child:
        print(json.dumps(measured(output, str(how))))
        return
    text = [
        "# What torch.compile costs and gains\n",
        f"Processor time of one core, the C++ compiler's included, batches of {BATCH} rows x 32 columns,",
        f"torch {torch.__version__}.\n",
        HEAD,
        "|---|---:|---:|---:|---:|---:|",
        *[line(task, rounds) for task in TASKS],
        f"\nRebuilt by `python -m benchmarks.speed.compiled {output}`. {note}".rstrip() + "\n",
    ]
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    Path(output).write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
