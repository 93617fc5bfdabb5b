"""What RobustDetector was meant to reach and what it reaches, on the sets it was chosen on and on the others.

    python benchmarks/robust_targets.py reports/robust

reads ``metrics.csv`` of a run of the suite ``robust`` and writes ``targets.md`` beside it.
"""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

CHOSEN_ON = ("ad_6_cardio", "ad_22_magic.gamma", "ad_29_Pima", "ad_32_shuttle")
CORRUPTION = (0.0, 0.1, 0.2, 0.3)
TARGETS = {
    "AUROC, goal": (89.1, 87.3, 85.7, 83.9),
    "AUROC, floor": (87.1, 86.5, 82.4, 80.0),
    "AP, floor": (75.0, 70.0, 65.0, 62.0),
}


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    fits = pd.read_csv(folder / "metrics.csv")
    fits = fits[(fits["detector"] == "robust") & (fits["status"] == "ok") & ~fits["clean"]]
    chosen = fits["dataset"].isin(CHOSEN_ON)
    parts = {"all sets": fits, "the sets it was chosen on": fits[chosen], "the others": fits[~chosen]}
    rows = [line(name, values) for name, values in TARGETS.items()]
    for metric in ("auroc", "ap"):
        rows += [line(f"{metric.upper()}, {name}", reached(part, metric)) for name, part in parts.items()]
    draws = fits["repetition"].nunique()
    head = [f"Mean of {fits['dataset'].nunique()} sets x 100, {draws} draws, by corruption c.", ""]
    table = [line("c", CORRUPTION), "|---|" + "---|" * len(CORRUPTION), *rows]
    (folder / "targets.md").write_text("\n".join([*head, *table, "", *by_set(fits)]) + "\n")


def reached(fits: pd.DataFrame, metric: str) -> list[float]:
    """Return the mean over sets at each corruption, in percent; fits on a set are averaged first."""
    means = fits.groupby(["corruption", "dataset"])[metric].mean().groupby("corruption").mean()
    return [100 * means[corruption] for corruption in CORRUPTION]


def by_set(fits: pd.DataFrame) -> list[str]:
    """Return the AUROC of each set as lines of a table."""
    sets = fits.groupby("dataset")
    lines = [line(f"AUROC, {name}", reached(part, "auroc")) for name, part in sets]
    return [line("c", CORRUPTION), "|---|" + "---|" * len(CORRUPTION), *lines]


def line(name: str, values: tuple[float, ...] | list[float]) -> str:
    return f"| {name} | " + " | ".join(f"{value:.1f}" for value in values) + " |"


if __name__ == "__main__":
    main()
