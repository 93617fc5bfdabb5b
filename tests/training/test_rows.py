"""Wherever the rows are, the loop sees the same batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse

from robustgen._sources import stays_outside
from robustgen.training.rows import ResidentRows, RowBlocks, StreamedRows, grouped_permutation, place_rows
from robustgen.training.scaling import fit_scaling

CPU = torch.device("cpu")


@pytest.fixture
def X() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(50, 4)) * (rng.random(size=(50, 4)) < 0.4)


@pytest.fixture(params=["array", "csr", "memory map"])
def source(request, X, tmp_path):
    if request.param == "csr":
        return sparse.csr_matrix(X)
    if request.param == "memory map":
        np.save(tmp_path / "X.npy", X)
        return np.load(tmp_path / "X.npy", mmap_mode="r")
    return X


@pytest.mark.parametrize("scaling", ["standard", "robust", None])
def test_batches_follow_the_order_of_each_member(source, X, scaling):
    fitted = fit_scaling(source, scaling)
    rows = place_rows(source, fitted, CPU, torch.float64)
    expected = fit_scaling(X, scaling).apply(torch.from_numpy(X))
    order = torch.stack([torch.randperm(50, generator=torch.Generator().manual_seed(k)) for k in range(3)])
    batches = list(rows.batches(order, 16))
    assert [batch.shape[1] for batch in batches] == [16, 16, 16, 2]
    torch.testing.assert_close(torch.cat(batches, dim=1), expected[order])


def test_arrays_are_resident_and_the_rest_is_streamed(source):
    rows = place_rows(source, fit_scaling(source, None), CPU, torch.float32)
    dense = isinstance(source, np.ndarray) and not stays_outside(source)
    assert isinstance(rows, ResidentRows if dense else StreamedRows)


def test_groups_stay_near_each_other_and_every_row_comes_once(monkeypatch):
    monkeypatch.setattr("robustgen.training.rows.SHUFFLED_ROWS", 20)
    sizes = np.full(10, 10)
    order = grouped_permutation(sizes, torch.Generator().manual_seed(0))
    assert sorted(order.tolist()) == list(range(100))
    groups = (order // 10).view(5, 20)
    assert all(len(window.unique()) == 2 for window in groups)
    assert any((window[1:] != window[:-1]).sum() > 1 for window in groups)  # mixed within a window


def test_a_large_offset_does_not_cost_a_small_spread_its_digits():
    seconds = 1.7e9 + np.linspace(0, 1, 100)[:, None]
    blocks = RowBlocks(seconds, fit_scaling(seconds, "standard"), CPU, torch.float32)
    assert len(torch.unique(blocks.take(slice(None)))) == 100


def test_an_error_while_streaming_reaches_the_caller(X):
    class Broken:
        shape = X.shape

        def __getitem__(self, index):
            raise OSError("the disk went away")

    rows = StreamedRows(RowBlocks(Broken(), fit_scaling(X, None), CPU, torch.float32))
    with pytest.raises(OSError, match="the disk went away"):
        list(rows.batches(torch.arange(50)[None], 16))
