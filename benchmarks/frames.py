"""Do frames that are made in latent space keep the object, and do what they are told?

A disc, a square or a cross in frames of 12 x 12 pixels is pushed up, down, left or right, its action, by
half a pixel a frame, and stops at the wall. A VQ-VAE of frames and a prior over their code maps
(``ClipGenerator``) learn clips of twelve frames; of held-out clips the first two and the action are given,
and ten are made. What a made frame shows is read off by the
template, of the three shapes at each half pixel and of nothing, that is nearest to it: the object is kept
where that is the same shape, and its course where it is within two pixels of the truth. Beside it: the last
given frame repeated; the true frames, encoded and decoded, the best that the codes allow; and the same clips
made for the opposite action, whose course must not be the true one.

    python benchmarks/frames.py --output reports/frames

writes ``frames.csv`` and ``report.md``, on one core in minutes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from benchmarks.signals import markdown
from robustgen import VQVAE, ClipGenerator, Clips
from robustgen.data.moving_shapes import RADIUS, drawn

N_SHAPES, N_FRAMES, N_GIVEN, SIDE = 3, 12, 2, 12
AHEAD = (1, 5, 10)
ACTIONS = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, -0.5], [0.0, 0.5]])
"""Up, down, left, right, in pixels a frame; up is opposite to down, left to right."""
NEAR = 2.0

Frames = NDArray[np.floating[Any]]


def pushed_shapes(n: int, seed: int) -> tuple[Clips, NDArray[np.int64], NDArray[np.int64], Frames]:
    """Return clips (n, 1, T, H, W), the action and the shape of each, and the centres (n, T, 2)."""
    rng = np.random.default_rng(seed)
    actions, shapes = rng.integers(0, len(ACTIONS), n), rng.integers(0, N_SHAPES, n)
    starts = rng.uniform(RADIUS, SIDE - 1 - RADIUS, (n, 1, 2))
    steps = np.arange(N_FRAMES)[:, None] * ACTIONS[actions][:, None]
    centres = (starts + steps).clip(RADIUS, SIDE - 1 - RADIUS)
    noise = 0.05 * rng.normal(size=(n, N_FRAMES, SIDE, SIDE))
    clips = (pictures(centres, shapes) + noise).clip(0, 1).astype(np.float32)
    return Clips(clips), actions, shapes, centres


def pictures(centres: Frames, shapes: NDArray[np.int64]) -> Frames:
    """Return the frames (n, T, H, W) of shapes (n,) at centres (n, T, 2)."""
    offsets = np.arange(SIDE) - centres[..., None]
    return drawn(offsets[:, :, 0, :, None], offsets[:, :, 1, None, :], shapes)


def read(frames: Frames) -> tuple[NDArray[np.int64], Frames]:
    """Return which shape each frame (n, T, H, W) shows, -1 for none, and where (n, T, 2)."""
    places = np.arange(RADIUS, SIDE - 1 - RADIUS + 0.25, 0.5)
    grid = np.stack(np.meshgrid(places, places, indexing="ij"), -1).reshape(-1, 2)
    kinds = np.repeat(np.arange(N_SHAPES), len(grid))
    centres = np.tile(grid, (N_SHAPES, 1))
    templates = pictures(centres[:, None], kinds).reshape(len(kinds), -1)
    # ||x - t||^2 less ||x||^2, which is 0 for the empty template
    distances = (templates**2).sum(1) - 2 * frames.reshape(-1, SIDE * SIDE) @ templates.T
    best = distances.argmin(1)
    shown = np.where(distances.min(1) < 0, kinds[best], -1)
    return shown.reshape(frames.shape[:2]), centres[best].reshape(*frames.shape[:2], 2)


def made_clips(n_train: int, n_test: int, seed: int) -> tuple[dict[str, Frames], Any]:
    """Return held-out clips by how they go on, (n, T, H, W), and what is true of them."""
    clips, actions, _, _ = pushed_shapes(n_train, 2 * seed)
    detector = VQVAE(
        quantisation={"n_codes": 64},
        codebook_training=True,
        nets={"map_side": 3},
        epochs=None,
        training={"steps": 1500},
        prior_epochs=-(-1500 * 64 // n_train),
        random_state=seed,
    )
    generator = ClipGenerator(detector).fit(clips, labels=actions)
    test, wanted, shapes, centres = pushed_shapes(n_test, 2 * seed + 1)
    given = test[:, :, :N_GIVEN]
    ways = {
        "made in latent space": generator.sample(n_test, labels=wanted, given=given, random_state=seed),
        "made for the opposite action": generator.sample(
            n_test, labels=wanted ^ 1, given=given, random_state=seed
        ),
        "last frame repeated": np.asarray(given)[:, :, np.minimum(np.arange(N_FRAMES), N_GIVEN - 1)],
        "true frames, encoded and decoded": generator.detector_.reconstruct(
            np.asarray(test).reshape(-1, 1, SIDE, SIDE)
        ).reshape(test.shape),
    }
    return {name: made[:, 0] for name, made in ways.items()}, (shapes, centres)


def measured(n_train: int, n_test: int, seed: int) -> list[dict[str, Any]]:
    """Return the shares of one draw."""
    ways, (shapes, centres) = made_clips(n_train, n_test, seed)
    rows = []
    for name, frames in ways.items():
        shown, found = read(frames)
        same = shown == shapes[:, None]
        near = np.hypot(*np.moveaxis(found - centres, -1, 0)) <= NEAR
        for ahead in AHEAD:
            at = N_GIVEN - 1 + ahead
            both = (same & near)[:, at].mean()
            row = {"draw": seed, "frames": name, "steps ahead": ahead, "object kept": same[:, at].mean()}
            rows.append(row | {"course kept": near[:, at].mean(), "both": both})
    return rows


def report(cells: pd.DataFrame, command: str, seconds: float) -> str:
    """Return the report as Markdown."""
    measures = ["object kept", "course kept", "both"]
    table = 100 * cells.groupby(["frames", "steps ahead"], sort=False)[measures].mean()
    shown = table.round(1).reset_index()
    head = f"# Frames ahead\n\nMade by `{command}`. {(__doc__ or '').split('    python')[0].strip()}\n"
    foot = f"Draws: {cells['draw'].nunique()}; {seconds:.0f} seconds of a processor in all.\n"
    return f"{head}\n## Share of clips x 100\n\n{markdown(shown)}\n{foot}"


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--train", type=int, default=1000)
    parser.add_argument("--test", type=int, default=300)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    draws = range(options.draws)
    cells = pd.DataFrame([row for seed in draws for row in measured(options.train, options.test, seed)])
    cells.round(4).to_csv(options.output / "frames.csv", index=False)
    command = f"python benchmarks/frames.py --output {options.output}"
    (options.output / "report.md").write_text(report(cells, command, time.process_time()))


if __name__ == "__main__":
    main()
