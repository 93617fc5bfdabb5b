"""Spread over random_state: ``python -m benchmarks.choosing.seeds REFERENCE FOLDER``."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from benchmarks.choosing.cells import Cell, rows_of
from benchmarks.choosing.report import table

SETS = (
    *("ad_12_fault", "ad_2_annthyroid", "ad_6_cardio", "ad_29_Pima"),
    *("ad_37_Stamps", "ad_44_Wilt", "emb_vit_MVTec-AD_screw"),
)
SEEDS = range(4)


def main(reference: Path, folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("reference", reference)
    module = importlib.util.module_from_spec(spec)
    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    lines, found = [], []
    for name in SETS:
        for c in (0, 0.2):
            X, _, T, outlier = rows_of(Cell(name, c, 0))
            areas = [100 * roc_auc_score(outlier, module.fit(X, seed).score(T)) for seed in SEEDS]
            found.append(areas)
            lines.append([name, c, *(f"{a:.1f}" for a in areas), f"{np.std(areas, ddof=1):.2f}"])
    means = np.mean(found, axis=0)
    lines.append(["mean of sets", "", *(f"{a:.1f}" for a in means), f"{np.std(means, ddof=1):.2f}"])
    header = ["set", "c", *(f"seed {s}" for s in SEEDS), "deviation"]
    (folder / "seeds.md").write_text("### AUROC x 100 over random_state (draw 0)\n\n" + table(header, lines))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
