"""Seconds an epoch and microseconds a scored row: ours and PyOD's autoencoder, the same net, in one run.

    python benchmarks/speed_autoencoder.py --threads 2 --rounds 3

Both train 32-64-32-64-32 (no batch norm, no dropout) on 20,000 x 32 rows of noise by Adam. An epoch is
the difference between a long and a short fit, so that set-up and scoring do not count; the two are
timed in turn and the medians compared, as a shared machine drifts by more than they differ.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import click
import numpy as np
import torch
from pyod.models.auto_encoder import AutoEncoder
from rich.console import Console
from rich.table import Table

from robustgen import Autoencoder

ROWS, COLUMNS = 20_000, 32
SHORT, LONG = 1, 4


def ours(batch_size: int, epochs: int) -> Autoencoder:
    return Autoencoder(
        hidden_dims=(64,), latent_dim=32, batch_size=batch_size, epochs=epochs, device="cpu", random_state=0
    )


def theirs(batch_size: int, epochs: int) -> AutoEncoder:
    return AutoEncoder(
        hidden_neuron_list=[64, 32],
        batch_norm=False,
        dropout_rate=0.0,
        batch_size=batch_size,
        epoch_num=epochs,
        device="cpu",
        verbose=0,
    )


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def epoch_seconds(build: Callable[[int, int], Any], batch_size: int, X: np.ndarray) -> float:
    short, long = (seconds(lambda e=epochs: build(batch_size, e).fit(X)) for epochs in (SHORT, LONG))
    return (long - short) / (LONG - SHORT)


def row_microseconds(detector: Any, X: np.ndarray) -> float:
    return 1e6 * seconds(lambda: detector.decision_function(X)) / len(X)


@click.command(help=__doc__)
@click.option("--threads", default=2, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option(
    "--batch-size", "batch_sizes", multiple=True, type=int, default=(32, 128, 512), show_default=True
)
def main(threads: int, rounds: int, batch_sizes: tuple[int, ...]) -> None:
    torch.set_num_threads(threads)
    X = np.random.default_rng(0).normal(size=(ROWS, COLUMNS))
    table = Table(
        "batch", *(f"{who}, {what}" for what in ("s/epoch", "us/row scored") for who in ("ours", "PyOD"))
    )
    for batch_size in batch_sizes:
        epochs = [[epoch_seconds(build, batch_size, X) for build in (ours, theirs)] for _ in range(rounds)]
        fitted = [build(batch_size, SHORT).fit(X) for build in (ours, theirs)]
        scored = [[row_microseconds(detector, X) for detector in fitted] for _ in range(rounds)]
        (a, b), (c, d) = (map(statistics.median, zip(*times, strict=True)) for times in (epochs, scored))
        table.add_row(str(batch_size), f"{a:.3f}", f"{b:.3f}", f"{c:.2f}", f"{d:.2f}")
    Console().print(f"{ROWS} x {COLUMNS} rows, {threads} threads, median of {rounds} rounds", table)


if __name__ == "__main__":
    main()
