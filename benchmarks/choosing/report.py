"""Write the tables of the choice: ``python -m benchmarks.choosing.report FOLDER [DRAWS]``."""

from __future__ import annotations

import csv
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.choosing.cells import CORRUPTIONS, KNOWN, Cell, half
from benchmarks.choosing.rules import DEFAULT, OTHERS, SKETCH, Rule
from benchmarks.choosing.share import estimated_share, held_out
from benchmarks.choosing.table import BEHIND, Figures, behind, figures, kept_of, mean_ranks, names_of

SCREENERS = DEFAULT.screeners
PARTS: dict[str, Rule] = {
    "the default": DEFAULT,
    "no weight by held-out likelihood": DEFAULT.but(joint=None),
    "no weight by loneliness": DEFAULT.but(lonely=0),
    "lonely suspects left out of the extended rows": DEFAULT.but(far=0.0),
    "no models of the core": DEFAULT.but(core={}),
    "no models of the extended rows": DEFAULT.but(extended={}, lonely=0),
    "no forest of the trusted rows": DEFAULT.but(trusted={}),
    "no autoencoders in the score": DEFAULT.but(all={}),
    "column tails of all rows besides": DEFAULT.but(all={"ae_rob": 1, "tails": 1}),
    "histograms of all rows besides": DEFAULT.but(all={"ae_rob": 1, "hist": 1}),
}
SCREENED: dict[str, Rule] = {"the default": DEFAULT} | {
    f"no screener {name}": DEFAULT.but(screeners=tuple(s for s in SCREENERS if s != name))
    for name in SCREENERS
}
SECOND = {"autoencoders on standard scaling as fifth screener": DEFAULT.but(screeners=(*SCREENERS, "ae_std"))}
Lines = list[list[object]]


def percent(values: Iterable[float]) -> list[str]:
    return [f"{100 * v:.1f}" for v in values]


def table(header: list[str], lines: Lines) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(str(v) for v in row) + " |" for row in rows) + "\n"


def write_csv(path: Path, header: list[str], lines: Lines) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *lines])


def mean_of(of: Figures, names: Iterable[str]) -> list[str]:
    return percent(np.mean([of[name] for name in names], axis=0))


def comparison(draws: tuple[int, ...], folder: Path) -> str:
    """Return the tables beside the other detectors, by half, pooled and on the eight known sets."""
    rules = {n: r for n, r in OTHERS.items() if _fitted(n, draws)} | {
        "sketch (tables.md, 3)": SKETCH,
        "default": DEFAULT,
    }
    names = names_of("AB", draws)
    text, of_all, columns = "", {}, [f"{c:g}" for c in CORRUPTIONS]
    for metric in ("auroc", "ap"):
        found = of_all[metric] = {
            key: figures(rule, names, draws, CORRUPTIONS, metric) for key, rule in rules.items()
        }
        write_csv(folder / f"{metric}.csv", ["set", "half", "method", *columns], _long(found))
        for title, chosen in _groups(names):
            ranks = mean_ranks(found, chosen)
            lines = [
                [key, *mean_of(of, chosen), " ".join(f"{r:.1f}" for r in ranks[key])]
                for key, of in found.items()
            ]
            text += f"\n### {metric.upper()} x 100, {title} ({len(chosen)} sets)\n\n"
            text += table(["method", *columns, "mean ranks"], lines)
    return text + _worst(of_all["auroc"])


def _fitted(name: str, draws: tuple[int, ...]) -> bool:
    cells = [Cell(n, c, d) for n in names_of("AB", draws) for c in CORRUPTIONS for d in draws]
    return all(f"{name}/t" in kept_of(cell).held for cell in cells)


def _groups(names: list[str]) -> list[tuple[str, list[str]]]:
    halves = [(f"half {h}", [n for n in names if half(n) == h]) for h in "AB"]
    return [*halves, ("both halves", names), ("eight known sets", [n for n in names if n in KNOWN])]


def _long(found: dict[str, Figures]) -> Lines:
    return [[n, half(n), key, *(f"{v:.4f}" for v in of[n])] for key, of in found.items() for n in of]


def _worst(found: dict[str, Figures]) -> str:
    text = "\n### Sets more than 5 points of AUROC behind the isolation forest\n\n"
    forest = found["iforest"]
    text += table(
        ["method", *(f"{c:g}" for c in CORRUPTIONS)],
        [[k, *map(int, behind(of, forest))] for k, of in found.items()],
    )
    lost = [
        f"{n} ({half(n)}) at {c:g}: {100 * of[n][i]:.0f} against {100 * forest[n][i]:.0f}"
        for of in (found["default"],)
        for n in of
        for i, c in enumerate(CORRUPTIONS)
        if of[n][i] < forest[n][i] - BEHIND
    ]
    return text + "\nThe default: " + ("; ".join(lost) or "none") + ".\n"


def ablation(
    rules: dict[str, Rule], draws: tuple[int, ...], corruptions: tuple[float, ...], path: Path
) -> str:
    lines, names = [], names_of("AB", draws)
    found = {key: figures(rule, names, draws, corruptions) for key, rule in rules.items()}
    for key, of in found.items():
        halves = [mean_of(of, [n for n in names if half(n) == h]) for h in "AB"]
        lines.append([key, *halves[0], *halves[1]])
    header = ["design", *(f"{h} {c:g}" for h in "AB" for c in corruptions)]
    write_csv(path, header, lines)
    return table(header, lines)


def share(draws: tuple[int, ...], path: Path) -> str:
    """Return mean error and coverage of the estimated share, by half and corruption."""
    names, lines = names_of("AB", draws), []
    for h in "AB":
        for c in CORRUPTIONS:
            cells = [kept_of(Cell(n, c, d)) for n in names if half(n) == h for d in draws]
            true = np.array([kept.outlier.mean() for kept in cells])
            found = np.array([estimated_share(held_out(kept)) for kept in cells])
            covered = (found[:, 1] <= true + 1e-9) & (true <= found[:, 2] + 1e-9)
            errors = np.abs(found[:, 0] - true).mean(), np.abs(0.1 - true).mean()
            width = (found[:, 2] - found[:, 1]).mean()
            lines.append([h, c, *(f"{v:.3f}" for v in (found[:, 0].mean(), *errors, covered.mean(), width))])
    for h in "AB":
        means = np.mean([[float(v) for v in line[2:]] for line in lines if line[0] == h], axis=0)
        lines.append([h, "all", *(f"{v:.3f}" for v in means)])
    header = ["half", "c", "mean estimate", "mean error", "error of 0.1", "coverage", "width"]
    write_csv(path, header, lines)
    return table(header, lines)


def main(folder: Path, draws: tuple[int, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    few = (0.0, 0.1, 0.3)
    text = (
        "# The choice of the default for vectors\n\n"
        f"`python -m benchmarks.choosing.report reports/choosing {','.join(map(str, draws))}` after\n"
        f"`python -m benchmarks.choosing.fit {','.join(map(str, draws))}` (`--later` adds MCD and the second "
        "autoencoders).\n\nProtocol inductive, at most 1,000 training inliers, 1,000 test inliers and 500 "
        f"test outliers, means over {len(draws)} draws. Sets of 7 to 14 training inliers are left out. "
        "Every method sees rows in standard units and scores them one at a time. `tails` is ECOD where "
        "it is of the training rows; `peer_mcd` is scikit-learn's, wider rows projected to "
        "50 axes first; `knn5` and `knn50` take mean distances. Looks at half B: "
        "`benchmarks/choosing/looks.md`.\n"
    )
    text += comparison(draws, folder)
    text += "\n### Without each part (AUROC x 100 by half and c)\n\n" + ablation(
        PARTS, draws, CORRUPTIONS, folder / "parts.csv"
    )
    second = SECOND if _fitted("ae_std", draws[:1]) else {}
    text += "\n### Screeners (draw 0)\n\n" + ablation(
        SCREENED | second, draws[:1], few, folder / "screeners.csv"
    )
    text += "\n### The estimated share of outliers\n\n" + share(draws, folder / "share.csv")
    spread = folder / "seeds.md"
    text += "\n" + spread.read_text() if spread.exists() else ""
    (folder / "report.md").write_text(text)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]), tuple(int(d) for d in sys.argv[2].split(",")) if len(sys.argv) > 2 else (0, 1))
