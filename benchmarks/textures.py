"""Textures with planted defects: what do 10 to 40 % of defective training images cost?

    python benchmarks/textures.py reports/textures

Slanted waves with noise, 32 x 32 pixels, 100 to train on and 100 to test, half of those defective: a flat
square, a square turned by 86 degrees, or a brighter one. No pretrained weights.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from robustgen import PatchDetector, RobustDetector
from robustgen._files import write_csv, write_text
from robustgen.metrics import auroc

SIDE, WIDE, N, SEEDS = 32, 10, 100, 2
DETECTORS = {
    "PatchDetector": lambda seed: PatchDetector(random_state=seed),
    "PatchDetector, every patch trusted": lambda seed: PatchDetector(support_fraction=1.0, random_state=seed),
    "RobustDetector": lambda seed: RobustDetector(epochs=5, random_state=seed),
}


def wave(angle, phase=0.0):
    down, across = np.mgrid[:SIDE, :SIDE]
    return np.sin(2 * np.pi * (across * np.cos(angle) + down * np.sin(angle)) / 6 + phase)


def textures(n_defective, rng):
    """Return N images, of which the first are defective, and where."""
    images, masks = np.empty((N, SIDE, SIDE)), np.zeros((N, SIDE, SIDE), dtype=bool)
    for place in range(N):
        angle = 0.3 + rng.normal(0, 0.05)
        images[place] = wave(angle, rng.uniform(0, 2 * np.pi)) + 0.4 * rng.normal(size=(SIDE, SIDE))
        if place < n_defective:
            top, left = rng.integers(2, SIDE - WIDE - 2, 2)
            square = np.s_[top : top + WIDE, left : left + WIDE]
            flat, turned = 0.4 * rng.normal(size=(WIDE, WIDE)), wave(angle + 1.5)[square]
            images[place][square] = (flat, turned, images[place][square] + 1.2)[rng.integers(0, 3)]
            masks[place][square] = True
    return images, masks


def rows():
    for share in (0.0, 0.1, 0.2, 0.3, 0.4):
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            (train, _), (test, masks) = textures(int(N * share), rng), textures(N // 2, rng)
            for name, built in DETECTORS.items():
                detector = built(seed).fit(train)
                row = {"noise": share, "detector": name, "seed": seed}
                row["image_auroc"] = auroc(np.arange(N) < N // 2, -detector.score_samples(test))
                if hasattr(detector, "score_map"):
                    row["pixel_auroc"] = auroc(masks.ravel(), detector.score_map(test).ravel())
                yield row


def table(frame, metric):
    means = frame.groupby(["detector", "noise"])[metric].mean().unstack().dropna()
    heads = " | ".join(f"{share:.0%}" for share in means)
    lines = [f"| detector | {heads} |", "|---|" + "---:|" * means.shape[1]]
    return [
        *lines,
        *(f"| {name} | " + " | ".join(f"{x:.3f}" for x in row) + " |" for name, row in means.iterrows()),
    ]


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(rows())
    write_csv(folder / "textures.csv", frame)
    text = [
        "# Textures with planted defects",
        "",
        f"`python benchmarks/textures.py {folder}`. Means of {SEEDS} draws; the columns are the share of "
        "training images with a defect. Generated textures without pretrained features: no figure here can "
        "be put beside one of MVTec.",
        "",
        "AUROC of images:",
        "",
        *table(frame, "image_auroc"),
        "",
        "AUROC of pixels:",
        "",
        *table(frame, "pixel_auroc"),
    ]
    write_text(folder / "report.md", "\n".join(text) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
