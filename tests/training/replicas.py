"""What `test_parallel` runs in each of two processes: ``python -m tests.training.replicas FOLDER``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import torch

from robustgen import MAW, RSRAE, RVQVAE, SQVAE, VAE, VQVAE, Autoencoder
from robustgen._checks import UsageError
from robustgen.nets.members import tensors
from robustgen.training import RobustTraining, checkpoints, data_parallel
from tests.training.cases import table

X = table(151)  # the last batch is smaller, and of an odd number of rows
FEW = {"hidden_dims": (8,), "epochs": 3, "random_state": 0, "device": "cpu"}
OF_CODES = {"prior_epochs": 1, "quantisation": {"n_codes": 8}}
REVIVED = {"bypass_epochs": 1, "reseed_until": 3, "revive_below": 0.5, "batch_norm": True}
BATCH = 16
DETECTORS = {
    "autoencoder": Autoencoder(**FEW, n_members=2, training={"clip_norm": 0.5}),
    "robust": Autoencoder(**FEW, robust=RobustTraining(keep=0.7, warmup_epochs=1)),
    "soft": RSRAE(**FEW, robust=RobustTraining(weighting="soft", warmup_epochs=1)),
    "three players": RSRAE(**FEW),
    "joint": RSRAE(**FEW, mode="joint"),
    "batch norm": VQVAE(**FEW, **OF_CODES, codebook_training={"batch_norm": True}),
    "vae": VAE(**FEW),
    "critic": MAW(**FEW, regulariser={"critic_rate": 1.0}),  # faster critics enlarge what rounding leaves
    "codes": VQVAE(**FEW, **OF_CODES),
    "averaged codes": VQVAE(**FEW, prior_epochs=1, quantisation={"n_codes": 8, "updates": "ema"}),
    "stochastic": SQVAE(**FEW, prior_epochs=1, codebook_training=False),
    "sets": RVQVAE(**FEW, prior_epochs=1, quantisation={"n_codes": 8}, sets={"warmup_epochs": 2}),
}
DRAWN = {"revived codes": VQVAE(**FEW, **OF_CODES, codebook_training=REVIVED)}
"""Whose new codes are drawn from latents in the order in which processes have seen them."""


def found(detector) -> dict[str, np.ndarray]:
    """Return the loss curve, the weights and the scores of a fitted detector."""
    weights = torch.cat([tensor.flatten().double() for tensor in tensors(detector.net_)])
    curves = {f"curve {name}": values for name, values in detector.history_.items()}
    return curves | {"weights": weights.numpy(), "scores": detector.training_scores_}


def main() -> None:
    """Fit all detectors in data-parallel, and write what was found by this process."""
    torch.set_num_threads(1)
    rank = int(os.environ["RANK"])
    results, errors = {}, {}
    with data_parallel():
        for name, detector in (DETECTORS | DRAWN).items():
            fitted = detector.set_params(batch_size=BATCH).fit(X)
            results |= {f"{name}: {key}": value for key, value in found(fitted).items()}
        for name, wrong in {
            "sliced": lambda: MAW(**FEW, regulariser={"kind": "sliced"}).fit(X),
            "seeds": lambda: Autoencoder(**FEW | {"random_state": rank}).fit(X),
            "rows": lambda: Autoencoder(**FEW).fit(X[:: 1 - 2 * rank]),
        }.items():
            try:
                wrong()
            except UsageError as error:
                errors[name] = str(error)
        try:
            with checkpoints(Path(sys.argv[1]) / f"run-{rank}"):
                Autoencoder(**FEW).fit(X)
        except UsageError as error:
            errors["checkpoints"] = str(error)
    np.savez(Path(sys.argv[1]) / f"{rank}.npz", **results, errors=np.array(sorted(errors.items())))


if __name__ == "__main__":
    main()
