"""Two processes that train together have the loss curve of one with the double batch."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import distributed

from robustgen.nets.replicas import Part
from tests.training.replicas import BATCH, DETECTORS, DRAWN, X, found

pytestmark = pytest.mark.skipif(
    not (distributed.is_available() and distributed.is_gloo_available()), reason="torch without gloo"
)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Return what each of two processes has found."""
    folder = tmp_path_factory.mktemp("replicas")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    alike = os.environ | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    command = [sys.executable, "-m", "tests.training.replicas", str(folder)]
    children = [subprocess.Popen(command, env=alike | {"RANK": str(rank)}) for rank in range(2)]
    assert [child.wait(300) for child in children] == [0, 0]
    return [np.load(folder / f"{rank}.npz") for rank in range(2)]


@pytest.mark.parametrize("name", DETECTORS)
def test_the_loss_curve_is_that_of_the_double_batch(name, both):
    alone = found(DETECTORS[name].set_params(batch_size=2 * BATCH).fit(X))
    for key, expected in alone.items():
        if key.startswith("curve"):
            np.testing.assert_allclose(both[0][f"{name}: {key}"], expected, rtol=1e-3, atol=1e-3, err_msg=key)


@pytest.mark.parametrize("name", DETECTORS | DRAWN)
def test_both_end_with_the_same_detector(name, both):
    for key in (key for key in both[0].files if key.startswith(f"{name}: ")):
        np.testing.assert_array_equal(both[0][key], both[1][key], err_msg=key)


def test_revived_codes_are_drawn_and_serve_as_well(both):
    alone = found(DRAWN["revived codes"].set_params(batch_size=2 * BATCH).fit(X))
    curve = both[0]["revived codes: curve reconstruction"]
    np.testing.assert_allclose(curve, alone["curve reconstruction"], rtol=0.2)


def test_what_is_not_supported_is_one_clear_line(both):
    for one in both:
        errors = dict(one["errors"].tolist())
        assert errors["sliced"].startswith("got data_parallel with the sliced distance")
        assert errors["checkpoints"].startswith("got checkpoints with data_parallel")
        for name in ("seeds", "rows"):
            assert errors[name].startswith("got other rows, parameters or seeds in another process")
        assert all("\n" not in line for line in errors.values())


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 32])
def test_parts_are_all_rows_once(n_rows, processes):
    parts = [Part.of(n_rows, rank, processes) for rank in range(processes)]
    learnt = torch.zeros(n_rows, dtype=torch.float64)
    for part in parts:
        assert part.rows.start < part.rows.stop
        learnt[part.rows] += 1 / part.copies
    torch.testing.assert_close(learnt, torch.ones_like(learnt))
    assert sum(part.share for part in parts) == pytest.approx(1)
