"""Which detector can be written as ONNX, and how near does onnxruntime come to its scores?

Every detector is fitted for two epochs to 60 vectors and to 24 small grey images, is exported, and scores 1,
7 and all rows by onnxruntime. A difference is the largest one, over the largest score of any row.

Run ``python benchmarks/onnx_exports.py --output reports/onnx``: ten minutes on one core.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from robustgen import MAW, RSRAE, RVQVAE, SQVAE, VAE, VQVAE, Autoencoder, RobustDetector
from robustgen._checks import UsageError
from robustgen._files import whole_file

FEW_CODES = {"quantisation": {"n_codes": 16}}
DETECTORS: Mapping[str, Callable[..., Any]] = {
    "RobustDetector (the default)": RobustDetector,
    "RobustDetector, two members": lambda **options: RobustDetector(n_members=2, **options),
    "Autoencoder": Autoencoder,
    "Autoencoder, robust": lambda **options: Autoencoder(robust=True, **options),
    "RSRAE": RSRAE,
    "RSRAE+": lambda **options: RSRAE(mode="joint", **options),
    "MAW": MAW,
    "MAW, drawn scores": lambda **options: MAW(mixture={"n_draws": 2}, **options),
    "VAE": VAE,
    "VQVAE": lambda **options: VQVAE(**FEW_CODES, **options),
    "SQVAE": lambda **options: SQVAE(**FEW_CODES, **options),
    "RVQVAE": lambda **options: RVQVAE(**FEW_CODES, **options),
}
BATCHES = (1, 7, None)


def vectors() -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(60, 6))


def images() -> NDArray[np.float64]:
    return np.random.default_rng(0).random(size=(24, 9, 8))


def differences(build: Callable[..., Any], X: NDArray[np.float64]) -> list[str]:
    """Return the largest difference by batch, or what the export says instead."""
    detector = build(epochs=2, random_state=0).fit(X)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        try:
            detector.to_onnx(path)
        except UsageError:
            return ["refused"] * len(BATCHES)
        session = onnxruntime.InferenceSession(path)
        scale = np.abs(detector.score_samples(X)).max()
        return [f"{_difference(session, detector, X[:n]) / scale:.0e}" for n in BATCHES]


def _difference(session: Any, detector: Any, rows: NDArray[np.float64]) -> float:
    (scores,) = session.run(["score"], {"X": rows})
    return float(np.abs(scores - detector.score_samples(rows)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    output = parser.parse_args().output
    warnings.simplefilter("ignore")
    lines = []
    for name, build in DETECTORS.items():
        cells = [*differences(build, vectors()), *differences(build, images())]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    table = "\n".join(
        [
            "| detector | vectors, 1 row | 7 | 60 | images, 1 row | 7 | 24 |",
            "|---|---|---|---|---|---|---|",
            *lines,
        ]
    )
    text = f"# Scores by onnxruntime\n\n{(__doc__ or '').strip()}\n\n{table}\n"
    output.mkdir(parents=True, exist_ok=True)
    with whole_file(output / "report.md") as path:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
