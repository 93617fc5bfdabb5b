"""Rows that stay where they are give what the same rows in memory give, and are never copied whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from robustgen import (
    MAW,
    RSRAE,
    RVQVAE,
    SQVAE,
    VAE,
    VQVAE,
    Answers,
    Autoencoder,
    DatasetRows,
    ParquetRows,
    RobustDetector,
    RowSource,
    Signals,
)
from robustgen import _sources as sources
from robustgen._checks import UsageError
from robustgen._sources import SelectedRows, blocks, memory_map, release, scattered, selected

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

FEW = {"hidden_dims": (8,), "epochs": 2, "random_state": 0}
OF_CODES = {"prior_epochs": 1, "quantisation": {"n_codes": 8}}
DETECTORS = {
    "autoencoder": Autoencoder(**FEW),
    "rsrae": RSRAE(**FEW, robust=True),
    "vae": VAE(**FEW, n_members=2),
    "maw": MAW(**FEW, scaling="robust"),
    "vqvae": VQVAE(**FEW, **OF_CODES, scoring="likelihood"),
    "sqvae": SQVAE(**FEW, prior_epochs=1),
    "rvqvae": RVQVAE(**FEW, **OF_CODES),
    "default": RobustDetector(epochs=2, n_members=2, random_state=0),
}


@pytest.fixture(scope="module")
def X() -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 5)) + 0.1 * rng.normal(size=(300, 5))
    rows[:30] = 4 * rng.normal(size=(30, 5))
    return rows.astype(np.float32)


def mapped(X, folder, mode="r"):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode=mode)


def parquet(X, folder, *, group_rows=64):
    """Write two files of several row groups."""
    for name, part in (("a", X[:200]), ("b", X[200:])):
        table = pa.table({f"x{j}": column for j, column in enumerate(part.T)})
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=group_rows)
    return ParquetRows(folder)


def items(X):
    return DatasetRows(TensorDataset(torch.from_numpy(X), torch.zeros(len(X))))


@pytest.fixture(params=[mapped, parquet, lambda X, folder: items(X)], ids=["map", "parquet", "dataset"])
def source(request, X, tmp_path):
    return request.param(X, tmp_path)


def test_parts_are_the_rows_themselves(source, X):
    places = np.array([250, 3, 3, 199, 200])
    np.testing.assert_array_equal(source[places], X[places])
    np.testing.assert_array_equal(source[190:210:3], X[190:210:3])
    np.testing.assert_array_equal(source[7], X[7])
    np.testing.assert_array_equal(scattered(source, places), X[places])
    np.testing.assert_array_equal(np.concatenate(list(blocks(source))), X)
    marked = X[:, 0] > 0
    few = selected(source, marked)
    assert isinstance(few, SelectedRows)
    np.testing.assert_array_equal(few[:], X[marked])
    np.testing.assert_array_equal(few[[2, 0]], X[marked][[2, 0]])


@pytest.mark.parametrize("y", [None, Answers(normal=[100, 200], outliers=[3])], ids=["alone", "answers"])
@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_a_map_and_a_dataset_give_the_scores_of_the_array_to_the_last_bit(detector, y, X, tmp_path):
    expected = detector.fit(X, y).score_samples(X)
    for rows in (mapped(X, tmp_path), items(X)):
        np.testing.assert_array_equal(detector.fit(rows, y).score_samples(rows), expected)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_parquet_is_learnt_in_another_order_and_as_well(X, tmp_path):
    expected = Autoencoder(**FEW).fit(X).score_samples(X)
    detector = Autoencoder(**FEW).fit(parquet(X, tmp_path))
    assert list(detector.feature_names_in_) == [f"x{j}" for j in range(5)]
    scores = detector.score_samples(ParquetRows(tmp_path))
    np.testing.assert_array_equal(scores, detector.score_samples(X))
    assert np.corrcoef(scores, expected)[0, 1] > 0.99


def test_a_sample_of_parquet_is_all_that_the_default_reads_into_memory(X, tmp_path):
    names = [f"x{j}" for j in range(5)]
    detector = RobustDetector(epochs=1, n_members=2, random_state=0)
    expected = detector.fit(X).score_samples(X)
    rows = parquet(X, tmp_path)
    np.testing.assert_array_equal(detector.fit(rows).score_samples(rows), expected)
    assert list(detector.feature_names_in_) == names


def test_no_more_than_a_block_is_ever_asked_for(X, monkeypatch):
    asked = []

    class Watched(RowSource):
        shape = X.shape

        def take(self, places):
            asked.append(len(places))
            return X[places]

    monkeypatch.setattr(sources, "BLOCK_ROWS", 64)
    monkeypatch.setattr("robustgen.training.rows.BLOCK_ROWS", 64)
    monkeypatch.setattr("robustgen.training.rows.BLOCK_ENTRIES", 64 * 5)
    Autoencoder(**FEW, batch_size=32).fit(Watched())
    assert max(asked) <= 64


def test_the_axes_of_a_row_say_what_it_is(tmp_path):
    rng = np.random.default_rng(0)
    signals, images = rng.normal(size=(12, 2, 32)), rng.normal(size=(12, 1, 8, 8))
    few = {"epochs": 1, "random_state": 0}
    for rows, declared in ((signals, Signals(signals)), (images, images)):
        expected = Autoencoder(**few).fit(declared)
        detector = Autoencoder(**few).fit(items(rows))
        assert detector.row_type_ == expected.row_type_
        np.testing.assert_array_equal(detector.score_samples(items(rows)), expected.score_samples(rows))


def test_groups_are_decoded_once_where_they_are_read_in_order(X, tmp_path, monkeypatch):
    rows = parquet(X, tmp_path, group_rows=16)
    monkeypatch.setattr(sources, "CACHED_ENTRIES", 2 * 16 * 5)
    decoded = []
    usual = ParquetRows._group

    def counted(self, number):
        if number not in self._cache:
            decoded.append(number)
        return usual(self, number)

    monkeypatch.setattr(ParquetRows, "_group", counted)
    for start in range(0, len(rows), 10):
        rows[start : start + 10]
    assert decoded == list(range(len(rows.group_sizes)))
    assert len(rows._cache) <= 2


def test_columns_are_chosen_and_compared(X, tmp_path):
    rows = parquet(X, tmp_path)
    two = ParquetRows(tmp_path / "a.parquet", columns=["x3", "x1"])
    np.testing.assert_array_equal(two[:5], X[:5, [3, 1]])
    detector = Autoencoder(**FEW).fit(two)
    with pytest.raises(UsageError, match="got the columns x1, x3, but Autoencoder was fitted on x3, x1"):
        detector.score_samples(ParquetRows(tmp_path, columns=["x1", "x3"]))
    with pytest.raises(UsageError, match="fitted on rows of shape"):
        detector.score_samples(rows)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: ParquetRows(folder / "nowhere"), "cannot read"),
        (lambda folder: ParquetRows(folder), "a folder without Parquet files"),
        (lambda folder: parquet_of(folder, {"a": ["text"]}), "column 'a' of type string, expected numbers"),
        (lambda folder: parquet_of(folder, {"a": [1]}, ["b"]), "got the column 'b', expected some of a"),
        (lambda folder: DatasetRows(iter([1])), "expected a map-style dataset"),
        (lambda folder: DatasetRows(["word"]), "expected arrays of numbers"),
        (lambda folder: DatasetRows([np.zeros(2), np.zeros(3)])[:], "items of unequal shapes"),
        (lambda folder: Autoencoder().fit(DatasetRows([np.zeros(2)])), "expected two rows at least"),
        (lambda folder: Autoencoder().fit(TensorDataset(torch.zeros(9, 2))), "DatasetRows"),
        (lambda folder: np.asarray(DatasetRows([np.zeros(2)])), "all rows are needed in memory"),
    ],
)
def test_what_is_no_such_rows_is_one_clear_line(make, said, tmp_path):
    with pytest.raises(UsageError, match=said) as caught:
        make(tmp_path)
    assert "\n" not in str(caught.value)


def parquet_of(folder, table, columns=None):
    pq.write_table(pa.table(table), folder / "rows.parquet")
    return ParquetRows(folder / "rows.parquet", columns)


def test_an_empty_cell_is_named(tmp_path):
    rows = parquet_of(tmp_path, {"a": [1, 2, None], "b": [True, False, True]})
    with pytest.raises(UsageError, match="X holds NaN in row 2, column 'a'"):
        Autoencoder(**FEW).fit(rows)


def test_pages_are_let_go_and_private_changes_stay(X, tmp_path):
    own = mapped(X, tmp_path, mode="c")
    own[0, 0] = 7
    release(own)
    assert own[0, 0] == 7
    written = mapped(X, tmp_path, mode="r+")
    written[0, 0] = 7
    release(written[3:])
    assert written[0, 0] == 7


def test_a_view_of_a_memory_map_is_one(tmp_path):
    rows = mapped(np.zeros((4, 4)), tmp_path)
    assert memory_map(np.asarray(rows)[1:]) is not None
    assert memory_map(np.zeros((4, 4))) is None
