"""The table of detectors: every contract test runs on each line. A new method adds a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from robustgen import MAW, RSRAE, RVQVAE, SQVAE, VAE, VQVAE, Autoencoder, Clips, RobustDetector, Signals

NARROW: dict[str, Any] = {"hidden_dims": (16, 32), "epochs": 3, "random_state": 0}
"""Two layers for those that have three unless told."""

DETECTORS: dict[str, Callable[..., Any]] = {
    "autoencoder": lambda **options: Autoencoder(**{"epochs": 3, "random_state": 0} | options),
    "autoencoder, L2,1, robust": lambda **options: Autoencoder(
        **{"loss": "l21", "robust": True, "epochs": 3, "random_state": 0} | options
    ),
    "autoencoder, members": lambda **options: Autoencoder(
        **{"loss": "l1", "n_members": 3, "epochs": 3, "random_state": 0} | options
    ),
    "robust detector, all models": lambda **options: RobustDetector(
        **{
            "models": ("autoencoder", "gaussian", "mixture", "neighbours"),
            "n_members": 2,
            "epochs": 3,
            "random_state": 0,
        }
        | options
    ),
    "rsrae": lambda **options: RSRAE(**NARROW | options),
    "rsrae+": lambda **options: RSRAE(**NARROW | {"mode": "joint"} | options),
    "rsrae, robust, batch norm": lambda **options: RSRAE(
        **NARROW | {"robust": True, "layers": {"normalization": "batch"}} | options
    ),
    "maw": lambda **options: MAW(**NARROW | options),
    "maw, KL, drawn, members": lambda **options: MAW(
        **NARROW
        | {
            "regulariser": {"kind": "kl"},
            "mixture": {"n_draws": 2},
            "n_members": 2,
        }
        | options
    ),
    "vae, robust": lambda **options: VAE(**NARROW | {"robust": True} | options),
    "vqvae": lambda **options: VQVAE(
        **{"quantisation": {"n_codes": 16}, "epochs": 3, "random_state": 0} | options
    ),
    "vqvae, robust codebook, members": lambda **options: VQVAE(
        **{
            "quantisation": {"n_codes": 16},
            "codebook_training": True,
            "n_members": 2,
            "epochs": 3,
            "random_state": 0,
        }
        | options
    ),
    "sqvae": lambda **options: SQVAE(
        **{"quantisation": {"n_codes": 16}, "epochs": 3, "random_state": 0} | options
    ),
    "rvqvae": lambda **options: RVQVAE(
        **{
            "quantisation": {"n_codes": 16},
            "sets": {"warmup_epochs": 2, "start_rounds": 2},
            "epochs": 3,
            "random_state": 0,
        }
        | options
    ),
}


def vectors(n_rows: int = 60, width: int = 6) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_rows, 2)) @ rng.normal(size=(2, width)) + 0.1 * rng.normal(size=(n_rows, width))


def grey_images(n_rows: int = 12) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(n_rows, 9, 8), dtype=np.uint8)


def colour_images(n_rows: int = 12) -> np.ndarray:
    return np.random.default_rng(0).random(size=(n_rows, 3, 8, 8)).astype(np.float32)


def signals(n_rows: int = 24) -> Signals:
    """Sines of two channels at random phases, with noise."""
    rng = np.random.default_rng(0)
    phases = rng.uniform(0, 2 * np.pi, size=(n_rows, 1, 1))
    return Signals(np.sin(np.linspace(0, 12, 30) + phases) + 0.1 * rng.normal(size=(n_rows, 2, 30)))


def clips(n_rows: int = 12) -> Clips:
    """Noise of two channels, three frames and an odd number of pixels."""
    return Clips(np.random.default_rng(0).random(size=(n_rows, 2, 3, 6, 5)).astype(np.float32))


def text(n_rows: int = 40) -> sparse.csr_matrix:
    return sparse.random(n_rows, 30, density=0.2, format="csr", random_state=np.random.default_rng(0))


def words(n_rows: int = 40) -> sparse.csr_matrix:
    return normalize(
        sparse.random(n_rows, 600, density=0.03, format="csr", random_state=np.random.default_rng(0))
    )
