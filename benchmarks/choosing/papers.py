"""Do RSRAE, MAW or VAE earn a place in the default? ``python -m benchmarks.choosing.papers FOLDER``.

After ``python -m benchmarks.choosing.fit 0 0,.1,.3 --papers``: each of them is added to the models of the
default, put in the place of its autoencoders, or asked as a screener beside or instead of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.choosing.cells import Cell
from benchmarks.choosing.kept import Kept
from benchmarks.choosing.members import OF_PAPERS, Errors
from benchmarks.choosing.report import mean_of, table
from benchmarks.choosing.rules import best, company, grade, single, suspicion
from benchmarks.choosing.table import behind, figures, kept_of, names_of
from robustgen.densities.clumping import ALONE, MOST_CLUMPED, TOGETHER

CORRUPTIONS = (0, 0.1, 0.3)
SCREENERS, MODELS = ("ae_rob", "tails"), ("hist", "ae_rob")


def default(screeners: tuple[str, ...] = SCREENERS, of_all: tuple[str, ...] = MODELS) -> Callable:
    """Return the rule of RobustDetector with other screeners, or other models of all rows."""

    def rule(kept: Kept) -> Errors:
        core = best(suspicion(kept, screeners), 0.5)
        logs, _ = kept.statistic(f"logs/0.5/{'+'.join(screeners)}", lambda X: company(X, core))
        alone = np.clip((np.quantile(logs[~core], MOST_CLUMPED) - TOGETHER) / (ALONE - TOGETHER), 0, 1)
        weighted = [(1.0, pair) for pair in kept.core(core, "gauss", "knn5").values()]
        weighted += [(1.0, (kept.train(name), kept.test(name))) for name in of_all]
        weighted += [(float(alone), (kept.train(name), kept.test(name))) for name in ("gauss", "knn5")]
        return sum(w * grade(*pair) for w, pair in weighted) / sum(w for w, _ in weighted)

    return rule


def rules() -> dict[str, Callable]:
    found = {"iforest": single("iforest"), "the default": default()}
    for name in OF_PAPERS:
        found |= {
            f"{name} alone": single(name),
            f"{name} as a further model": default(of_all=(*MODELS, name)),
            f"{name} for the autoencoders, as a model": default(of_all=("hist", name)),
            f"{name} as a further screener": default((*SCREENERS, name)),
            f"{name} for the autoencoders, as a screener": default((name, "tails")),
        }
    return found


def page() -> str:
    names = [
        name
        for name in names_of("AB", (0,), CORRUPTIONS)
        if all("vae/x" in kept_of(Cell(name, c, 0)).held for c in CORRUPTIONS)
    ]
    by_half = {half: [name for name in names if name in names_of(half, (0,), CORRUPTIONS)] for half in "AB"}
    measured = {key: figures(rule, names, (0,), CORRUPTIONS) for key, rule in rules().items()}
    lines = [
        [
            key,
            *(" ".join(mean_of(of, chosen)) for chosen in (*by_half.values(), names)),
            " ".join(map(str, behind(of, measured["iforest"]))),
        ]
        for key, of in measured.items()
    ]
    counts = {half: len(chosen) for half, chosen in by_half.items()}
    header = ["", f"A ({counts['A']} sets)", f"B ({counts['B']} sets)", "both", "sets over 5 points behind"]
    return table(header, lines)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    shares = ", ".join(f"{c:g}" for c in CORRUPTIONS)
    (folder / "report.md").write_text(
        "# Do the papers' models earn a place in the default?\n\n"
        f"`python -m benchmarks.choosing.papers {folder}`; one draw, at most 1,000 training inliers.\n"
        f"AUROC x 100 at c = {shares}. RSRAE, MAW and VAE with `robust=True` on median scaling, four\n"
        "members, 30 epochs. Sums of kept members, with the neighbours among all rows that are learnt.\n\n"
        + page()
    )
