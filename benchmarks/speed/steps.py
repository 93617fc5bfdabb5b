"""What a training step costs beside its matrix products, PyOD's step and the step of earlier code.

    OMP_NUM_THREADS=1 python benchmarks/speed/steps.py reports/speed-steps/costs.csv --before ../earlier

Processor time of one core, batches of 128 rows x 32 columns. Each figure is the least of some processes, in
which earlier and present code and the peer take turns; of a process the fastest epoch counts, as a shared
machine drifts by more than codes differ. "Products" is a bare loop of the matrix products (those of the
backward pass too) that one step asks torch for, recorded from the step itself: what no code can be below.
"""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from robustgen import MAW, RSRAE, VAE, VQVAE, Autoencoder
from robustgen.training import each_epoch

COLUMNS, BATCH = 32, 128
EPOCHS = 8
MEMBERS = 16
MEMBER_ROWS, MANY_ROWS = 5_000, 20_000
COMMON: dict[str, Any] = {"batch_size": BATCH, "device": "cpu", "random_state": 0}
STEPS: dict[str, tuple[int, Callable[..., Any]]] = {
    "Autoencoder": (2_560, lambda **options: Autoencoder(hidden_dims=(64,), latent_dim=32, **options)),
    "RSRAE": (2_560, RSRAE),
    "MAW": (2_560, MAW),
    "VAE": (2_560, VAE),
    "VQVAE": (2_560, VQVAE),
    f"RSRAE, {MEMBERS} members": (MEMBER_ROWS, lambda **options: RSRAE(n_members=MEMBERS, **options)),
}
"""Rows of an epoch, and what is trained."""
SCORING = "Autoencoder, a scored row"
SHARE_OF_EPOCHS = 4
"""Of RSRAE's 200."""
WHOLE = f"RSRAE, 20,000 rows, {SHARE_OF_EPOCHS} of its 200 epochs"
UNITS = {SCORING: "microseconds", WHOLE: "s"}
FIELDS = ("task", "code", "cost")


def rows(n_rows: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n_rows, COLUMNS))


def seconds(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


class Kernels(TorchDispatchMode):
    """Count the kernels that are asked for, and remember the operands of every matrix product."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.operands: list[tuple[torch.Tensor, torch.Tensor]] = []

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        self.count += 1
        if function.overloadpacket.__name__ in ("mm", "bmm", "addmm", "baddbmm"):
            left, right = (operand.detach().clone() for operand in arguments[-2:])
            self.operands.append((left, right))
        return function(*arguments, **(named or {}))


def ours(task: str) -> float:
    """Return milliseconds a step."""
    n_rows, build = STEPS[task]
    stamps: list[float] = []
    with each_epoch(lambda history: stamps.append(time.process_time())):
        build(epochs=EPOCHS, **COMMON).fit(rows(n_rows))
    return fastest(stamps, n_rows)


def fastest(stamps: list[float], n_rows: int) -> float:
    return 1e3 * float(np.diff(stamps).min()) / math.ceil(n_rows / BATCH)


def kernels(task: str) -> Kernels:
    """Return the kernels of an epoch that is one step, its shuffle and means included."""
    seen, stack = Kernels(), ExitStack()

    def watch_the_second(history: Any) -> None:
        if history.epochs == 1:
            stack.enter_context(seen)
        else:
            stack.close()

    with each_epoch(watch_the_second):
        STEPS[task][1](epochs=2, **COMMON).fit(rows(BATCH))
    return seen


def products(task: str) -> float:
    """Return milliseconds of the products of a step."""
    operands = kernels(task).operands

    @torch.no_grad()
    def multiply() -> None:
        for left, right in operands:
            torch.matmul(left, right)

    return 1e3 * min(seconds(multiply) for _ in range(200))


def pyod_step(task: str) -> float:
    """Return milliseconds a step of PyOD's detector with the same net."""
    n_rows = STEPS[task][0]
    stamps: list[float] = []
    detector = PEERS[task](EPOCHS)
    detector.epoch_update = lambda: stamps.append(time.process_time())
    detector.fit(rows(n_rows))
    return fastest(stamps, n_rows)


def pyod_autoencoder(epochs: int) -> Any:
    from pyod.models.auto_encoder import AutoEncoder

    return AutoEncoder(
        hidden_neuron_list=[64, 32],
        batch_norm=False,
        dropout_rate=0.0,
        batch_size=BATCH,
        epoch_num=epochs,
        device="cpu",
        verbose=0,
    )


def pyod_vae(epochs: int) -> Any:
    from pyod.models import vae

    return vae.VAE(
        encoder_neuron_list=[32, 64, 128],
        decoder_neuron_list=[128, 64, 32],
        latent_dim=10,
        dropout_rate=0.0,
        batch_size=BATCH,
        epoch_num=epochs,
        device="cpu",
        verbose=0,
    )


PEERS = {"Autoencoder": pyod_autoencoder, "VAE": pyod_vae}


def row_microseconds(fitted: Any) -> float:
    X = rows(MANY_ROWS)
    return 1e6 * min(seconds(lambda: fitted.decision_function(X)) for _ in range(5)) / len(X)


MEASURES: dict[str, Callable[[str], float]] = {
    "ours": ours,
    "products": products,
    "kernels": lambda task: kernels(task).count,
    "PyOD": pyod_step,
}


def measured(task: str, kind: str) -> float:
    """Measure in this process."""
    torch.set_num_threads(1)
    if task == SCORING:
        net = STEPS["Autoencoder"][1](epochs=1, **COMMON) if kind == "ours" else pyod_autoencoder(1)
        return row_microseconds(net.fit(rows(1_000)))
    if task == WHOLE:
        return seconds(lambda: RSRAE(epochs=SHARE_OF_EPOCHS, **COMMON).fit(rows(MANY_ROWS)))
    return MEASURES[kind](task)


def in_child(task: str, kind: str, checkout: Path) -> float:
    """Measure the code of a checkout in a process of its own."""
    command = [sys.executable, __file__, "--child", task, kind]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(json.loads(done.stdout.splitlines()[-1]))


def codes(task: str, before: Path | None) -> dict[str, tuple[str, Path]]:
    """Return what is measured of a task: its name, how, and whose code."""
    here = Path(__file__).parents[2]
    found = {"after": here} if before is None else {"after": here, "before": before}
    kinds = {code: ("ours", checkout) for code, checkout in found.items()}
    if task in STEPS:
        kinds |= {f"kernels {code}": ("kernels", checkout) for code, checkout in found.items()}
        kinds["products"] = ("products", here)
    if task in PEERS or task == SCORING:
        kinds["PyOD"] = ("PyOD", here)
    return kinds


def page(frame: pd.DataFrame, command: str, note: str) -> str:
    costs = frame.groupby(["task", "code"])["cost"].min().unstack()
    lines = [
        "# What a training step costs\n",
        f"Processor time of one core, batches of {BATCH} rows x {COLUMNS} columns, the least of some",
        "processes in which the codes take turns. Products: a bare loop of the matrix products of one step,",
        "below which no code can be. In brackets: times what it costs now. Kernels: how many a step asks",
        "torch for, those of the end of an epoch included, which no load of the machine changes.\n",
        "| task | unit | before | after | PyOD | products | kernels before | kernels after |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for task in (*STEPS, SCORING, WHOLE):
        if task in costs.index:
            now = costs.loc[task, "after"]
            cells = [f"{now:.3g}" if code == "after" else beside(costs, task, code, now) for code in ORDER]
            cells += [counted(costs, task, code) for code in ("kernels before", "kernels after")]
            lines.append(f"| {task} | {UNITS.get(task, 'ms a step')} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *members_line(costs), f"Rebuilt by `{command}`. {note}".rstrip(), ""])


ORDER = ("before", "after", "PyOD", "products")


def beside(costs: pd.DataFrame, task: str, code: str, now: float) -> str:
    cost = costs[code].get(task, np.nan) if code in costs else np.nan
    return "" if np.isnan(cost) else f"{cost:.3g} ({cost / now:.2g})"


def counted(costs: pd.DataFrame, task: str, code: str) -> str:
    count = costs[code].get(task, np.nan) if code in costs else np.nan
    return "" if np.isnan(count) else f"{count:.0f}"


def members_line(costs: pd.DataFrame) -> list[str]:
    many = f"RSRAE, {MEMBERS} members"
    if not {many, "RSRAE"} <= set(costs.index):
        return []
    if costs.loc[many, ["after", "products"]].isna().any():
        return []
    ratios = {code: costs.loc[many, code] / costs.loc["RSRAE", code] for code in ("after", "products")}
    return [
        f"A step of {MEMBERS} members of RSRAE takes {ratios['after']:.1f} times that of one; its products "
        f"alone take {ratios['products']:.1f} times those of one.\n"
    ]


@click.command(help=__doc__)
@click.argument("output", type=click.Path(path_type=Path))
@click.argument("kind", required=False)
@click.option("--before", type=click.Path(path_type=Path, exists=True), help="A checkout of earlier code.")
@click.option("--rounds", default=3, show_default=True, help="Processes a figure.")
@click.option("--note", default="", help="A sentence that the report ends with.")
@click.option("--child", is_flag=True, hidden=True)
def main(output: Path, kind: str | None, before: Path | None, rounds: int, note: str, child: bool) -> None:
    if child:
        print(json.dumps(measured(str(output), str(kind))))
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for task in (*STEPS, SCORING, WHOLE):
        for _ in range(rounds):
            for code, (how, checkout) in codes(task, before).items():
                lines.append((task, code, in_child(task, how, checkout)))
                print(*lines[-1], flush=True)
    with output.open("w") as file:
        csv.writer(file, lineterminator="\n").writerows([FIELDS, *lines])
    frame = pd.read_csv(output)
    command = f"python benchmarks/speed/steps.py {output}"
    output.with_name("report.md").write_text(page(frame, command, note), encoding="utf-8")


if __name__ == "__main__":
    main()
