"""What breaking a symmetry is worth: learned phase retrieval, and detection among shifted and negated digits.

Phase retrieval: an MLP learns x from y = |A x|^2, with Gaussian A and x, real or complex, and 4 n
observations of n unknowns; from raw pairs, or from representatives (the first entry of x real and positive).
Every net takes the same number of steps, whatever the number of samples. The error is the least over the
signs or phases, on fresh rows and on as many of the training rows.

Detection: one digit is normal, the others are outliers, some of them among the training rows. Each image is
shifted in a circle and negated at random; a detector sees it so, or behind a FourierCanonicalizer of shifts
and signs.

    python benchmarks/symmetry.py --output reports/symmetry

writes ``recovery.csv`` and ``detection.csv``, a line a fit as the fits end, then the figures and report.md.
Run again after a stop, it does what is missing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pyod.models.knn import KNN
from sklearn.pipeline import make_pipeline

from robustgen import RSRAE, FourierCanonicalizer, InverseRegressor
from robustgen._seeds import seed_from
from robustgen.data import draw, load
from robustgen.metrics import auroc, average_precision, relative_error
from robustgen.peers import PyODPeer
from robustgen.reporting.figures.palette import MARKERS, OKABE_ITO
from robustgen.reporting.figures.style import styled
from robustgen.reporting.figures.svg import png

Line = dict[str, Any]

SYMMETRIES = {"real": "sign", "complex": "phase"}
BREAKING = {"without": False, "with": True}
OBSERVATIONS = 4
BATCH_SIZE, STEPS = 512, 4000
TEST_ROWS = 5000
NET = {"hidden_dims": (256, 256), "batch_size": BATCH_SIZE, "device": "cpu"}

DIGITS = ("0", "4", "8")
CORRUPTION = (0.1, 0.3)
DETECTORS: Mapping[str, Callable[[int], Any]] = {
    "RSRAE, robust training": lambda seed: RSRAE(robust=True, epochs=100, random_state=seed),
    "KNN": lambda seed: PyODPeer(KNN()),
}
BY_ENERGY, BY_TEMPLATE = "canonicalised by energy", "canonicalised by template"
FORMS = ("as they are", "shifted and negated", BY_ENERGY, BY_TEMPLATE)


@click.command(help=__doc__)
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path("reports/symmetry"), show_default=True
)
@click.option("--samples", multiple=True, type=int, default=(5000, 20_000, 100_000), show_default=True)
@click.option("--unknowns", multiple=True, type=int, default=(5, 10, 15), show_default=True, help="n.")
@click.option("--draws", default=5, show_default=True, help="Draws of the digits, each with its own seed.")
def main(output: Path, samples: tuple[int, ...], unknowns: tuple[int, ...], draws: int) -> None:
    torch.set_num_threads(1)
    output.mkdir(parents=True, exist_ok=True)
    recoveries = itertools.product(samples, unknowns, SYMMETRIES, BREAKING)
    recovery = resumed(
        output / "recovery.csv", recoveries, ("samples", "n", "signals", "breaking"), recovered
    )
    detections = itertools.product(range(draws), DIGITS, CORRUPTION, DETECTORS, FORMS)
    detection = resumed(
        output / "detection.csv", detections, ("draw", "normal", "corruption", "detector", "digits"), detected
    )
    publish(output, recovery, detection)


def resumed(
    path: Path, cells: Iterator[tuple[Any, ...]], names: Sequence[str], measure: Callable[..., Line]
) -> pd.DataFrame:
    """Measure the cells that a file does not hold yet, each a line of it, and return them all."""
    lines = pd.read_csv(path, dtype={"normal": str}).to_dict("records") if path.exists() else []
    done = {tuple(line[name] for name in names) for line in lines}
    for cell in cells:
        if cell not in done:
            lines.append(dict(zip(names, cell, strict=True)) | measure(*cell))
            write_whole(path, pd.DataFrame(lines).to_csv(index=False, float_format="%.5g").encode())
            print(lines[-1], flush=True)
    return pd.DataFrame(lines)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name first: a stop leaves the old one."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def recovered(samples: int, n: int, signals: str, breaking: str) -> Line:
    """Fit one inverse and return its errors; x, A and y are the same with and without breaking."""
    symmetry = SYMMETRIES[signals]
    rng = np.random.default_rng(seed_from("phase retrieval", n, signals))
    A = gaussian(rng, (n, OBSERVATIONS * n), signals)
    test, train = gaussian(rng, (TEST_ROWS, n), signals), gaussian(rng, (samples, n), signals)
    regressor = InverseRegressor(
        symmetry=symmetry if BREAKING[breaking] else None,
        epochs=round(STEPS / np.ceil(samples / BATCH_SIZE)),
        random_state=seed_from("fit", samples, n, signals) % 2**31,
        **NET,
    )
    regressor.fit(np.abs(train @ A) ** 2, train)
    errors = {
        part: relative_error(x, regressor.predict(np.abs(x @ A) ** 2), symmetry)
        for part, x in {"test": test, "train": train[:TEST_ROWS]}.items()
    }
    means = {f"{part} error": error.mean() for part, error in errors.items()}
    return means | {"median test error": np.median(errors["test"])}


def gaussian(rng: np.random.Generator, shape: tuple[int, int], signals: str) -> NDArray[Any]:
    """Draw standard normals; complex ones have variance 1 too."""
    if signals == "real":
        return rng.normal(size=shape)
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)


def detected(draw_number: int, normal: str, corruption: float, name: str, digits: str) -> Line:
    """Fit one detector and return how it ranks the held-out digits."""
    split = draw(load("digits"), inlier_class=normal, corruption=corruption, repetition=draw_number)
    rng = np.random.default_rng(seed_from("forms", draw_number, normal, corruption))
    moved = [shifted_and_negated(X, rng) for X in (split.X_train, split.X_test)]
    train, test = (split.X_train, split.X_test) if digits == "as they are" else moved
    detector = DETECTORS[name](seed_from("fit", draw_number, normal, corruption, name) % 2**31)
    if digits in (BY_ENERGY, BY_TEMPLATE):
        detector = make_pipeline(canonicalizer(digits), detector)
    outlierness = -detector.fit(train).score_samples(test)
    return {
        "auroc": auroc(split.outlier_test, outlierness),
        "ap": average_precision(split.outlier_test, outlierness),
    }


def canonicalizer(digits: str) -> FourierCanonicalizer:
    """Return what breaks shifts and signs; flips are left out, for a 6 is no 9."""
    return FourierCanonicalizer(symmetries=("shift", "phase"), reference=digits.rpartition(" ")[2])


def shifted_and_negated(images: NDArray[Any], rng: np.random.Generator) -> NDArray[np.float64]:
    """Shift each image in a circle by any number of rows and columns, and negate one in two."""
    shifts = rng.integers(images.shape[1:], size=(len(images), 2))
    moved = [np.roll(image, shift, axis=(0, 1)) for image, shift in zip(images, shifts, strict=True)]
    return np.stack(moved) * rng.choice([-1.0, 1.0], size=(len(images), 1, 1))


def publish(output: Path, recovery: pd.DataFrame, detection: pd.DataFrame) -> None:
    """Write the figures and report.md."""
    (output / "figures").mkdir(exist_ok=True)
    write_whole(output / "figures" / "recovery.png", png(recovery_figure(recovery)))
    write_whole(output / "figures" / "forms.png", png(forms_figure()))
    report = REPORT.format(
        recovery=recovery_table(recovery),
        detection=detection_table(detection),
        draws=detection["draw"].nunique(),
        **extremes(recovery),
        **NUMBERS,
    )
    write_whole(output / "report.md", report.encode())


def extremes(recovery: pd.DataFrame) -> dict[str, str]:
    """Return what the page's sentences quote."""
    raw = recovery.loc[recovery["breaking"] == "without", "test error"]
    broken = recovery[(recovery["breaking"] == "with") & (recovery["samples"] == recovery["samples"].max())]
    return {"raw": f"{raw.min():.2f} and {raw.max():.2f}", "worst": f"{broken['test error'].max():.2f}"}


@styled
def recovery_figure(recovery: pd.DataFrame) -> Figure:
    """Draw the test error against the number of samples."""
    figure = Figure(figsize=(7.2, 3.0), layout="constrained")
    for axes, signals in zip(figure.subplots(1, 2, sharey=True), SYMMETRIES, strict=True):
        draw_errors(axes, recovery[recovery["signals"] == signals].sort_values("samples"))
        axes.set(title=f"{signals} signals", xlabel="training samples", xscale="log")
        samples = sorted(recovery["samples"].unique())
        axes.set_xticks(samples, [f"{count:,}" for count in samples])
        axes.set_xticks([], minor=True)
    figure.axes[0].set(ylabel="relative error on fresh rows", ylim=(0, None))
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def draw_errors(axes: Axes, recovery: pd.DataFrame) -> None:
    for breaking in BREAKING:
        for place, n in enumerate(sorted(recovery["n"].unique())):
            lines = recovery[(recovery["n"] == n) & (recovery["breaking"] == breaking)]
            axes.plot(
                lines["samples"],
                lines["test error"],
                color=OKABE_ITO[place],
                marker=MARKERS[place],
                linestyle="-" if BREAKING[breaking] else ":",
                label=f"n = {n}, {breaking} breaking",
            )


@styled
def forms_figure() -> Figure:
    """Draw some digits in each of the forms that a detector sees."""
    digits = load("digits").X[load("digits").y == 0][:6]
    moved = shifted_and_negated(digits, np.random.default_rng(1))
    broken = [canonicalizer(form).fit_transform(moved) for form in (BY_ENERGY, BY_TEMPLATE)]
    figure = Figure(figsize=(5.2, 3.8), layout="constrained")
    for row, (name, images) in enumerate(zip(FORMS, (digits, moved, *broken), strict=True)):
        for column, image in enumerate(images):
            axes = figure.add_subplot(len(FORMS), len(digits), row * len(digits) + column + 1)
            axes.imshow(image, cmap="gray", vmin=-16, vmax=16)
            axes.set(xticks=[], yticks=[], title=name if column == 0 else "")
    return figure


def recovery_table(recovery: pd.DataFrame) -> str:
    """Return the errors as Markdown, training rows in brackets."""
    lines = recovery.assign(
        shown=recovery["test error"].map("{:.2f}".format) + recovery["train error"].map(" ({:.2f})".format)
    )
    table = lines.pivot_table("shown", ["signals", "n"], ["breaking", "samples"], aggfunc="first")
    table = table[list(BREAKING)].loc[list(SYMMETRIES)]
    heads = [f"{breaking}, {samples:,}" for breaking, samples in table.columns]
    rows = [[*index, *cells] for index, cells in zip(table.index, table.to_numpy(), strict=True)]
    return markdown(["signals", "n", *heads], rows)


def detection_table(detection: pd.DataFrame) -> str:
    """Return AUROC x 100 as Markdown: the mean over digits and draws, and the spread of the draws' means."""
    draws = detection.groupby(["detector", "digits", "corruption", "draw"])["auroc"].mean() * 100
    cells = draws.groupby(level=["detector", "digits", "corruption"]).agg(["mean", "std"])
    rows = [
        [name, form, *("{:.1f} ± {:.1f}".format(*cells.loc[name, form, c]) for c in CORRUPTION)]
        for name, form in itertools.product(DETECTORS, FORMS)
    ]
    return markdown(["detector", "digits", *(f"c = {c}" for c in CORRUPTION)], rows)


def markdown(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


REPORT = """# What is breaking a symmetry worth?

    OMP_NUM_THREADS=1 python benchmarks/symmetry.py --output reports/symmetry

makes this page, its figures and its CSV files again; a run that was cut goes on where it stopped.

## Learned phase retrieval

An MLP ({hidden}) learns x from |A x|^2, A and x Gaussian, {observations} n observations of n unknowns, one A
for each line; {steps} steps with batches of {batch_size} whatever the number of samples. "With" trains on
representatives: the first entry real and positive. The error is the mean of min ||g x_hat - x|| / ||x|| over
the signs or phases g, on {test_rows} fresh rows, and in brackets on as many of the training rows; the
estimate 0 has error 1. Columns: breaking, training samples.

{recovery}

![Relative error against the number of training samples](figures/recovery.png)

* Without breaking, samples do not help: the error on fresh rows stays between {raw}. Few raw pairs are
  learnt by heart, as the lower error on training rows shows; of many, both errors come near that of the
  estimate 0.
* With breaking the error falls on every line from the fewest samples to the most, and the errors on
  training and on fresh rows meet: what is left at the most is due to this small net and its steps, most of
  all for complex signals (n = 15: {worst}).

## Detection

digits, each of {normal} the normal one in turn, held-out rows; every image is shifted in a circle and
negated at random. AUROC x 100, c the share of outliers among the training rows: the mean over the digits and
{draws} draws, ± the standard deviation of the draws' means. "canonicalised" is the same shifted and negated
images behind `FourierCanonicalizer(symmetries=("shift", "phase"), reference=...)` in a Pipeline.

{detection}

![Digits as they are, shifted and negated, canonicalised](figures/forms.png)

* Shifted and negated, the digits are lost to both detectors. Canonicalised by a template they are found
  almost as well as if nothing had been done to them.
* The energy of a 0 or an 8, which fill their circle of 8 pixels, has hardly a centre: noise decides its
  place, and alike digits get unlike forms. A template does not ask for a centre.
"""
NUMBERS = {
    "hidden": "-".join(map(str, NET["hidden_dims"])),
    "observations": OBSERVATIONS,
    "steps": STEPS,
    "batch_size": BATCH_SIZE,
    "test_rows": TEST_ROWS,
    "normal": ", ".join(DIGITS),
}


if __name__ == "__main__":
    main()
