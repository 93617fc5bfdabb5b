"""Does everything train and score on a GPU as on the CPU, and how fast?

    python benchmarks/gpu/check.py reports/gpu

needs the checkout and what the library needs, and takes the first CUDA device, or ``--device cpu`` where
there is none: then the comparison is of the CPU with itself, single precision with bf16. It writes
``results.json`` and ``report.md``:

* **parity**: every builder of the contract table (``tests/detectors/builders.py``) is fitted on either
  device, in single precision and in bf16; AUROC may differ by .01.
* **meta**: every builder takes a training step on torch's meta device, where reading a value raises.
* **synchronisation**: how often the host waits for a GPU, by one batch more.
* **images**: rows a second of a convolutional VAE in either precision, and its share of the device's peak in
  single precision, which a product of matrices measures.
* **members**: seconds of 1 to 64 (16 on a CPU) RSRAE that are trained at once.
* **RSRAE on Fashion-MNIST** (``--fashion``, reads ``ROBUSTGEN_DATA``): ten classes, five corruptions, three
  seeds, members together.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).parents[2]))  # the table of builders is a test's

from robustgen import RSRAE, VAE, Autoencoder
from robustgen.data import draw, load
from robustgen.training import History, each_epoch
from robustgen.training.callbacks import OnEpoch
from tests.detectors.builders import DETECTORS, vectors
from tests.detectors.on_meta import step_on_meta

CLOSE = 0.01
DISTANCE = 5.0
"""Of the outliers from the plane, in deviations of the rows on it."""
WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize")
MEMBERS = {"cuda": (1, 4, 16, 64), "cpu": (1, 4, 16)}
MEMBER_EPOCHS = {"cuda": 5, "cpu": 2}
IMAGES, BATCH = {"cuda": 4096, "cpu": 128}, 256
TIMED_EPOCHS = {"cuda": 3, "cpu": 1}
"""Of which the fastest counts."""
CORRUPTIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
SIDE = 4096
"""Of the matrices whose product measures the peak."""
Line = dict[str, Any]


def seconds(call: Callable[[], Any], device: str) -> float:
    """Return how long a call takes until the device is done."""
    wait(device)
    start = time.perf_counter()
    call()
    wait(device)
    return time.perf_counter() - start


def wait(device: str) -> None:
    """Let the device finish."""
    if device == "cuda":
        torch.cuda.synchronize()


def rows_with_outliers() -> tuple[np.ndarray, np.ndarray]:
    """Return rows near a plane, a tenth of them far from it, and which.

    So far that all detectors find nearly all: a difference is the arithmetic's, not the luck of a training.
    """
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(600, 3)) @ rng.normal(size=(3, 12)) + 0.1 * rng.normal(size=(600, 12))
    outlier = np.arange(600) < 60
    rows[outlier] += DISTANCE * rng.normal(size=(60, 12))
    return rows, outlier


def parity(device: str) -> list[Line]:
    """Fit every builder on the CPU and on the device, in two precisions."""
    X, outlier = rows_with_outliers()

    def auroc(name: str, where: str, precision: str) -> float:
        detector = DETECTORS[name](device=where, training={"precision": precision})
        return float(roc_auc_score(outlier, -detector.fit(X).score_samples(X)))

    precisions = ["bf16"] if device == "cpu" else ["float32", "bf16"]
    lines = []
    for name in DETECTORS:
        line: Line = {"detector": name, "cpu": auroc(name, "cpu", "float32")}
        line |= {precision: auroc(name, device, precision) for precision in precisions}
        line["within"] = all(abs(line[precision] - line["cpu"]) <= CLOSE for precision in precisions)
        lines.append(line)
    return lines


def meta() -> list[Line]:
    """Let every builder take a training step where there are no values; an error says which line read one."""
    X = vectors()
    for name in DETECTORS:
        step_on_meta(DETECTORS[name](epochs=1, device="cpu"), X)
    return [{"builders": len(DETECTORS), "values read in a step": 0}]


def synchronisations(device: str) -> list[Line]:
    """Count how often the host waits in a fit of so many batches an epoch, and in one of twice as many."""
    rng = np.random.default_rng(0)

    def waits(cls: type, batches: int) -> int:
        X = rng.normal(size=(64 * batches, 12)).astype(np.float32)
        detector = cls(epochs=3, batch_size=64, device=device, random_state=0)
        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
            detector.fit(X)
        return sum(event.count for event in seen.key_averages() if event.key in WAITS)

    return [
        {"detector": cls.__name__, "a batch": (waits(cls, 80) - waits(cls, 40)) / (3 * 40)}
        for cls in (Autoencoder, RSRAE, VAE)
    ]


def peak(device: str) -> float:
    """Return the TFLOP/s of a product of large matrices in single precision."""
    a = torch.randn(SIDE, SIDE, device=device)
    a @ a
    return 2 * SIDE**3 / seconds(lambda: a @ a, device) / 1e12


def images(device: str, reach: float) -> list[Line]:
    """Train a VAE on noise; return images a second, and the share of the peak that is reached."""
    n_images = IMAGES[device]
    X = np.random.default_rng(0).random((n_images, 1, 28, 28)).astype(np.float32)

    def fit(epochs: int, precision: str, after_epoch: OnEpoch) -> None:
        options = {"batch_size": BATCH, "device": device, "random_state": 0}
        with each_epoch(after_epoch):
            VAE(epochs=epochs, training={"precision": precision}, **options).fit(X)

    def rate(precision: str) -> float:
        stamps: list[float] = []

        def stamp(history: History) -> None:
            wait(device)
            stamps.append(time.perf_counter())

        fit(1 + TIMED_EPOCHS[device], precision, stamp)
        return n_images / float(np.diff(stamps).min())

    flops: list[int] = []
    with FlopCounterMode(display=False) as counted:
        fit(2, "float32", lambda history: flops.append(counted.get_total_flops()))
    lines = []
    for precision in ("float32", "bf16"):
        a_second = rate(precision)
        reached = (flops[1] - flops[0]) / n_images * a_second / 1e12
        line = {"precision": precision, "images a second": a_second, "TFLOP/s": reached}
        lines.append(line | {"of the peak in single precision": reached / reach, "peak, TFLOP/s": reach})
    return lines


def members(device: str) -> list[Line]:
    """Train 1 to 64 RSRAE at once."""
    X = np.random.default_rng(0).normal(size=(5000, 32)).astype(np.float32)

    def fit(n: int) -> RSRAE:
        return RSRAE(n_members=n, epochs=MEMBER_EPOCHS[device], device=device, random_state=0).fit(X)

    fit(1)
    return [{"members": n, "seconds": seconds(lambda n=n: fit(n), device)} for n in MEMBERS[device]]


def fashion(device: str) -> list[Line]:
    """Return RSRAE's mean AUROC on the classes of Fashion-MNIST, three seeds trained at once."""
    dataset = load("fashion_mnist:test")

    def auroc(inlier_class: int, corruption: float) -> float:
        split = draw(dataset, inlier_class=str(inlier_class), corruption=corruption, corruption_of="inliers")
        detector = RSRAE(n_members=3, device=device, random_state=0).fit(split.X_train)
        return float(roc_auc_score(split.outlier_train, -detector.score_samples(split.X_train)))

    return [
        {"corruption": corruption, "auroc": float(np.mean([auroc(k, corruption) for k in range(10)]))}
        for corruption in CORRUPTIONS
    ]


def table(lines: list[Line]) -> str:
    """Return lines as a Markdown table."""
    heads = list(lines[0])
    cells = [
        [f"{value:.4g}" if isinstance(value, float) else str(value) for value in line.values()]
        for line in lines
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *cells])


def page(found: dict[str, Any]) -> str:
    """Return the report."""
    parts = [
        "# Every builder on a device",
        "",
        f"{found['device']}, torch {torch.__version__}, {found['seconds']:.0f} s in all.",
        "",
    ]
    for name, lines in found["tables"].items():
        parts += [f"## {name}", "", table(lines), ""]
    return "\n".join(parts)


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--device", default="cuda", show_default=True)
@click.option("--fashion", "with_fashion", is_flag=True, help="RSRAE on Fashion-MNIST too.")
def main(output: Path, device: str, with_fashion: bool) -> None:
    """Measure, and write OUTPUT/results.json and OUTPUT/report.md; ends with 1 where a device differs."""
    if device == "cuda" and not torch.cuda.is_available():
        raise click.UsageError(
            "got --device cuda, but torch sees no GPU: take --device cpu to try the program"
        )
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    reach = peak(device)
    tables = {
        "Parity: AUROC": parity(device),
        "A step on the meta device": meta(),
        "Images": images(device, reach),
        "Members": members(device),
    }
    if device == "cuda":
        tables["Waits of the host"] = synchronisations(device)
    if with_fashion:
        tables["RSRAE on Fashion-MNIST"] = fashion(device)
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU (not run on a GPU)"
    found = {"device": name, "seconds": time.perf_counter() - start, "tables": tables}
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    (output / "report.md").write_text(page(found), encoding="utf-8")
    click.echo(page(found))
    if not all(line["within"] for line in tables["Parity: AUROC"]):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
