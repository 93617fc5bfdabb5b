"""The README's walk on a dirty CSV of 5,000 rows: ``clean``, ``clean --remove fdr=0.1``, ``fit``, ``score``.

A harbour's handling of freight: gamma-distributed loads, four sites, machines, operators, dates, ids; one
cell in a hundred is empty, in every column. Of the rows 5 % are faulty, in equal parts: a number x 1000, a
sentinel -999, two numbers swapped, a misspelt site, a temperature of another site. Draw 0 was worked with and
is left out of the report.

    python benchmarks/dirty_walk.py --draws 5 --output reports/dirty-walk

runs the commands themselves, writes ``steps.csv`` (goes on where it stopped) and ``report.md``.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

N_ROWS = 5000
FAULTY = 0.05
EMPTY = 0.01
RATE = 0.1
SITES = {"Hamburg": 11.0, "Porto": 17.0, "Gdansk": 4.0, "Izmir": 26.0}
"""Mean temperatures."""
TONS = {"crane": 14.0, "belt": 5.0, "loader": 2.5, "lift": 0.8}
"""Mean loads."""
NUMBERS = ("load", "minutes", "energy", "temperature")
Rng = np.random.Generator


def freight(rng: Rng) -> pd.DataFrame:
    """Draw a table without faults."""
    site = rng.choice(list(SITES), N_ROWS, p=[0.42, 0.3, 0.2, 0.08]).astype(object)
    machine = rng.choice(list(TONS), N_ROWS, p=[0.35, 0.3, 0.25, 0.1]).astype(object)
    operators = 1 / np.arange(1, 31)
    day = rng.integers(730, size=N_ROWS)
    load = pd.Series(machine).map(TONS).to_numpy() * rng.gamma(4, 0.25, N_ROWS)
    minutes = 4 + 2.2 * load**0.7 + rng.gamma(3, 1.5, N_ROWS)
    season = 7 * np.sin(2 * np.pi * (day - 110) / 365)
    return pd.DataFrame(
        {
            "id": rng.permutation(90_000)[:N_ROWS] + 10_000,
            "handled": (np.datetime64("2022-03-01") + day.astype("timedelta64[D]")).astype(str),
            "site": site,
            "machine": machine,
            "operator": [f"op-{k:02d}" for k in rng.choice(30, N_ROWS, p=operators / operators.sum())],
            "load": load.round(2),
            "minutes": minutes.round(1),
            "energy": (3 + 0.9 * load + 0.25 * minutes + rng.normal(0, 0.6, N_ROWS)).round(2),
            "temperature": (pd.Series(site).map(SITES) + season + rng.normal(0, 2, N_ROWS)).round(1),
            "night": rng.random(N_ROWS) < 0.25,
            "inspected": rng.random(N_ROWS) < 0.02,
        }
    ).astype({"night": object, "inspected": object})


def times_1000(row: pd.Series, rng: Rng) -> None:
    """Put another unit."""
    row[rng.choice(NUMBERS)] *= 1000


def sentinel(row: pd.Series, rng: Rng) -> None:
    """Put what a machine writes where it knows nothing."""
    row[rng.choice(NUMBERS)] = -999.0


def swapped(row: pd.Series, rng: Rng) -> None:
    """Put two numbers into each other's columns."""
    first, second = rng.choice(NUMBERS, 2, replace=False)
    row[first], row[second] = row[second], row[first]


def misspelt(row: pd.Series, rng: Rng) -> None:
    """Put a site with a slip of the hand."""
    site = row["site"]
    k = int(rng.integers(1, len(site) - 1))
    row["site"] = rng.choice(
        [
            site[:k] + site[k + 1 :],
            site[:k] + site[k] + site[k:],
            site.upper(),
            site[:k] + "x" + site[k + 1 :],
        ]
    )


def other_site(row: pd.Series, rng: Rng) -> None:
    """Put the temperature of the site whose climate is farthest."""
    far = max(SITES.values(), key=lambda mean: abs(mean - SITES[row["site"]]))
    row["temperature"] = round(row["temperature"] - SITES[row["site"]] + far, 1)


FAULTS: tuple[Callable[[pd.Series, Rng], None], ...] = (times_1000, sentinel, swapped, misspelt, other_site)


def dirty(draw: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table of a draw, and what is wrong with each row, "" where nothing is."""
    rng = np.random.default_rng([draw, 20_26])
    table, what = freight(rng), np.full(N_ROWS, "", dtype=object)
    rows = rng.permutation(N_ROWS)[: round(FAULTY * N_ROWS)]
    for k, place in enumerate(rows):
        fault, row = FAULTS[k % len(FAULTS)], table.loc[place].copy()
        fault(row, rng)
        table.loc[place], what[place] = row, fault.__name__
    return table.mask(rng.random(table.shape) < np.where(table.columns == "id", 0, EMPTY)), what


def command(*words: str | Path) -> float:
    """Run a command of robustgen, and return the seconds of the processor that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "robustgen", *map(str, words)], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def walk(draw: int, folder: Path) -> pd.DataFrame:
    """Return what each step of the walk calls an outlier, and how long it took."""
    table, what = dirty(draw)
    dirty_csv, judged, removed = folder / "dirty.csv", folder / "judged.csv", folder / "removed.csv"
    table.to_csv(dirty_csv, index=False)
    lines = []

    def line(step: str, seconds: float, outlier: np.ndarray) -> None:
        lines.append({"draw": draw, "step": step, "seconds": seconds} | decided(outlier, what))

    seconds = command("clean", dirty_csv, "-o", judged)
    line("clean", seconds, (pd.read_csv(judged)["verdict"] == "outlier").to_numpy())
    kept = folder / "kept.csv"
    seconds = command("clean", dirty_csv, "-o", kept, "--remove", f"fdr={RATE}", "--removed", removed)
    line(f"clean --remove fdr={RATE}", seconds, table["id"].isin(pd.read_csv(removed)["id"]).to_numpy())
    line("fit, score", *fitted(folder, dirty_csv, dirty_csv))
    rate = ("--fdr", str(RATE))
    line(f"fit --calibration, score --fdr {RATE}", *fitted(folder, kept, dirty_csv, *rate))
    new, what = dirty(1000 + draw)
    new.to_csv(folder / "new.csv", index=False)
    line(f"the same of new rows, --fdr {RATE}", *fitted(folder, kept, folder / "new.csv", *rate))
    return pd.DataFrame(lines)


def fitted(folder: Path, learnt: Path, scored: Path, *rate: str) -> tuple[float, np.ndarray]:
    """Return the seconds of a fit and a score, and the outliers."""
    model, output = folder / "model", folder / "scored.csv"
    seconds = command("fit", learnt, "-o", model, *(("--calibration", "0.3") if rate else ()))
    seconds += command("score", model, scored, "-o", output, *rate)
    return seconds, pd.read_csv(output)["outlier"].to_numpy(dtype=bool)


def decided(outlier: np.ndarray, what: np.ndarray) -> dict[str, float]:
    """Return how many rows are called outliers, and how well that meets the faulty ones."""
    wrong = what != ""
    false = float(1 - wrong[outlier].mean()) if outlier.any() else 0.0
    found = {f"of {fault.__name__}": float(outlier[what == fault.__name__].mean()) for fault in FAULTS}
    return {"rows": int(outlier.sum()), "false": false, "recall": float(outlier[wrong].mean())} | found


def report(steps: pd.DataFrame, words: str) -> str:
    """Return the means as Markdown."""
    means = steps.drop(columns="draw").groupby("step", sort=False).mean().round(3).reset_index()
    means["worst false"] = steps.groupby("step", sort=False)["false"].max().round(3).to_numpy()
    lines = [list(means.columns), ["---"] * means.shape[1], *means.astype(str).to_numpy().tolist()]
    about = (__doc__ or "").split("\n\n")[1]
    return (
        f"# The walk on a dirty CSV\n\n`{words}`\n\n{about}\n\n{steps['draw'].nunique()} draws; means of the "
        "processor's seconds, rows called outliers, the share of them that is good, the faulty rows that are "
        "found, and those of each fault.\n\n"
        + "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
        + "\n"
    )


def main() -> None:
    """Measure what is missing in ``steps.csv``, and write the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    path = given.output / "steps.csv"
    done = set(pd.read_csv(path)["draw"]) if path.exists() else set()
    for draw in sorted(set(range(1, 1 + given.draws)) - done):
        with TemporaryDirectory() as folder:
            steps = walk(draw, Path(folder))
        steps.to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.5g")
        print(steps.to_string(), flush=True)
    words = f"python benchmarks/dirty_walk.py --draws {given.draws} --output {given.output}"
    (given.output / "report.md").write_text(report(pd.read_csv(path), words), encoding="utf-8")


if __name__ == "__main__":
    main()
