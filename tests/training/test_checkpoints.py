"""A fit that was cut off goes on to the result of one that was not, to the last bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from robustgen import MAW, RSRAE, RVQVAE, SQVAE, VAE, VQVAE, Autoencoder
from robustgen._checks import UsageError
from robustgen.nets.members import tensors
from robustgen.training import RobustTraining, checkpoints, each_epoch
from tests.training.cases import table

X = table()
FEW = {"hidden_dims": (8,), "epochs": 6, "batch_size": 32, "random_state": 0}
SETS = {"warmup_epochs": 2, "start_rounds": 2}
DETECTORS = {
    "autoencoder": Autoencoder(**FEW, n_members=2),
    "robust": Autoencoder(**FEW, robust=RobustTraining(warmup_epochs=1)),
    "early stop": Autoencoder(
        **FEW, learning_rate=0.02, n_members=3, training={"patience": 1, "min_improvement": 0.1}
    ),
    "three players": RSRAE(**FEW, training={"clip_norm": 1.0}),
    "vae": VAE(**FEW),
    "critic": MAW(**FEW),
    "revived codes": VQVAE(
        **FEW,
        prior_epochs=1,
        quantisation={"n_codes": 8},
        codebook_training={"bypass_epochs": 1, "reseed_until": 3, "revive_below": 0.5},
    ),
    "averaged codes": VQVAE(**FEW, prior_epochs=1, quantisation={"n_codes": 8, "updates": "ema"}),
    "stochastic": SQVAE(**FEW, prior_epochs=1),
    "sets": RVQVAE(**FEW, prior_epochs=1, quantisation={"n_codes": 8}, sets=SETS),
}


class PowerCutError(Exception):
    pass


def power_cut(history):
    if history.epochs == 4:
        raise PowerCutError


def weights(detector) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in tensors(detector.net_)]


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_a_fit_that_was_cut_off_ends_as_an_undisturbed_one(detector, tmp_path):
    expected, history = weights(detector.fit(X)), dict(detector.history_)
    with pytest.raises(PowerCutError), checkpoints(tmp_path / "run"), each_epoch(power_cut):
        detector.fit(X)
    seen = []
    with checkpoints(tmp_path / "run"), each_epoch(lambda history: seen.append(history.epochs)):
        detector.fit(X)
    assert seen[0] == 4  # three epochs were saved
    assert all(torch.equal(*pair) for pair in zip(weights(detector), expected, strict=True))
    for name, values in history.items():
        np.testing.assert_array_equal(detector.history_[name], values)
    assert not (tmp_path / "run").exists()


def test_trainings_that_had_ended_are_taken_from_their_files(tmp_path):
    detector = VQVAE(**FEW, prior_epochs=6, quantisation={"n_codes": 8}, scoring="likelihood")
    expected = detector.fit(X).score_samples(X)
    trainings = []

    def cut_in_the_prior(history):
        trainings.append(history.epochs)
        if trainings.count(4) == 2:
            raise PowerCutError

    with pytest.raises(PowerCutError), checkpoints(tmp_path / "run"), each_epoch(cut_in_the_prior):
        detector.fit(X)
    assert len(list((tmp_path / "run").iterdir())) == 2
    seen = []
    with checkpoints(tmp_path / "run"), each_epoch(lambda history: seen.append(history.epochs)):
        detector.fit(X)
    assert seen == [4, 5, 6]
    np.testing.assert_array_equal(detector.score_samples(X), expected)


@pytest.mark.parametrize(
    ("other", "rows", "said"),
    [
        ({"random_state": 1}, X, "seed"),
        ({"learning_rate": 0.1}, X, "training parameters"),
        ({"hidden_dims": (4,)}, X, "net"),
        ({}, X[:100], "number of rows, rows"),
        ({}, X[::-1].copy(), "rows"),
    ],
)
def test_the_file_of_another_training_is_refused(other, rows, said, tmp_path):
    with pytest.raises(PowerCutError), checkpoints(tmp_path), each_epoch(power_cut):
        Autoencoder(**FEW).fit(X)
    with pytest.raises(UsageError, match=rf"of another training \(its {said} differ"), checkpoints(tmp_path):
        Autoencoder(**FEW | other).fit(rows)
    (tmp_path / "training-1.pt").write_bytes(b"half a file")
    with pytest.raises(UsageError, match="is no checkpoint, or it is damaged"), checkpoints(tmp_path):
        Autoencoder(**FEW).fit(X)


def test_states_may_be_seldom_and_the_folder_has_to_be_one(tmp_path):
    run = tmp_path / "run"
    with pytest.raises(PowerCutError), checkpoints(run, every=2), each_epoch(power_cut):
        Autoencoder(**FEW).fit(X)
    seen = []
    with checkpoints(run, every=2), each_epoch(lambda history: seen.append(history.epochs)):
        Autoencoder(**FEW).fit(X)
    assert seen == [3, 4, 5, 6]
    (tmp_path / "file").touch()
    for wrong in ("file", "nowhere/run"):
        with pytest.raises(UsageError, match="cannot make the folder"), checkpoints(tmp_path / wrong):
            pass
    with pytest.raises(UsageError, match="got every=0"), checkpoints(tmp_path, every=0):
        pass


CHILD = """
import sys, time
from robustgen.training import checkpoints, each_epoch
from tests.training.test_checkpoints import DETECTORS, X
with checkpoints(sys.argv[1]), each_epoch(lambda history: time.sleep(0.2)):
    DETECTORS["three players"].fit(X)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_process_may_be_killed(tmp_path):
    detector = DETECTORS["three players"]
    expected = weights(detector.fit(X))
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "run")])
    while not (tmp_path / "run" / "training-1.pt").exists():
        assert child.poll() is None
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    seen = []
    with checkpoints(tmp_path / "run"), each_epoch(lambda history: seen.append(history.epochs)):
        detector.fit(X)
    assert 1 < seen[0] <= 6
    assert all(torch.equal(*pair) for pair in zip(weights(detector), expected, strict=True))
