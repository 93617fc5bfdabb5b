"""Arrays from strangers."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from scipy import sparse

from robustgen import Autoencoder
from robustgen._checks import UsageError
from robustgen.data import read
from robustgen.data.files import read_array
from robustgen.inputs import Part, open_input
from tests.hostile import damaged, draws, rows_or_one_line


@pytest.mark.parametrize("ending", ["npy", "npz", "csr.npz"])
def test_a_damaged_file_is_read_or_refused(tmp_path, ending):
    path = tmp_path / f"t.{ending}"
    X = np.arange(60.0).reshape(20, 3)
    if ending == "npy":
        np.save(path, X)
    else:
        np.savez(path, **(csr_parts(sparse.csr_matrix(X)) if ending == "csr.npz" else {"X": X}))
    content = path.read_bytes()
    for rng in draws(ending):
        path.write_bytes(damaged(content, rng))
        rows = rows_or_one_line(lambda: read_array(path))
        assert rows is None or rows.astype(bool).sum() >= 0  # every entry can be reached


def csr_parts(S):
    return {"X_data": S.data, "X_indices": S.indices, "X_indptr": S.indptr, "X_shape": np.array(S.shape)}


@pytest.fixture
def matrix():
    return sparse.random(30, 6, density=0.5, random_state=0, format="csr")


LIES = {
    "a column beyond the last": {"X_indices": lambda indices: indices + 10**6},
    "a column before the first": {"X_indices": lambda indices: indices - 7},
    "rows that end beyond the data": {"X_indptr": lambda places: places * 2},
    "rows that run backwards": {"X_indptr": lambda places: places[::-1].copy()},
    "rows that begin anywhere": {"X_indptr": lambda places: places + 1},
    "places that are fractions": {"X_indices": lambda indices: indices + 0.5},
    "a shape of three": {"X_shape": lambda shape: np.array([30, 6, 1])},
    "a shape of less": {"X_shape": lambda shape: shape - 2},
    "a shape of no size": {"X_shape": lambda shape: -shape},
    "numbers of another length": {"X_data": lambda data: data[:-3]},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_sparse_matrix_that_contradicts_itself_is_refused(tmp_path, matrix, lie):
    parts = csr_parts(matrix)
    parts.update({name: change(parts[name]) for name, change in LIES[lie].items()})
    np.savez(tmp_path / "t.npz", **parts, y=np.arange(30) % 2)
    for reading in (lambda: read_array(tmp_path / "t.npz"), lambda: read(tmp_path / "t.npz")):
        with pytest.raises(UsageError):
            reading()


@pytest.mark.parametrize("shift", [10**6, -(10**6)])
def test_a_detector_refuses_such_a_matrix_too(matrix, shift):
    matrix.indices += shift
    with pytest.raises(UsageError, match="contradicts itself"):
        Autoencoder(epochs=1).fit(matrix)


def test_a_matrix_is_its_entries_and_not_how_they_are_stored(matrix):
    halves = sparse.csr_matrix(
        (np.repeat(matrix.data / 2, 2), np.repeat(matrix.indices, 2), matrix.indptr * 2), shape=matrix.shape
    )
    n_stored = halves.nnz
    detector = Autoencoder(epochs=2, random_state=0)
    scores = [detector.fit(X).score_samples(X) for X in (matrix, halves, matrix.tocsc(), matrix.tocoo())]
    for other in scores[1:]:
        np.testing.assert_array_equal(other, scores[0])
    assert halves.nnz == n_stored  # the caller's matrix is as it was


def test_a_sparse_matrix_stays_sparse_and_labels_keep_their_names(tmp_path, matrix):
    names = np.array(["in", "out"])
    np.savez(tmp_path / "t.npz", **csr_parts(matrix), y=np.arange(30) % 2, class_names=names)
    source = open_input(tmp_path / "t.npz")
    assert source.whole().shape == (30, 6)
    source.write([Part(tmp_path / "k.npz", np.arange(30) < 20)])
    kept = read(tmp_path / "k.npz")
    np.testing.assert_array_equal(kept.X.toarray(), matrix[:20].toarray())
    assert kept.classes == ("in", "out")


def test_colour_images_of_an_archive_keep_their_layout(tmp_path):
    X = np.random.default_rng(0).integers(0, 255, (6, 8, 8, 3), dtype=np.uint8)
    np.savez(tmp_path / "t.npz", X=X)
    source = open_input(tmp_path / "t.npz")
    assert source.whole().shape == (6, 3, 8, 8)
    source.write([Part(tmp_path / "k.npz", np.arange(6) < 2)])
    np.testing.assert_array_equal(np.load(tmp_path / "k.npz")["X"], X[:2])


ARRAYS = {
    "complex": np.ones((3, 2)) * 1j,
    "dates": np.zeros((3, 2), "datetime64[s]"),
    "text": np.full((3, 2), "a"),
    "records": np.zeros(3, [("a", float), ("b", int)]),
    "one number": np.array(3.0),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_of_anything_but_rows_of_numbers_are_refused(tmp_path, case):
    np.save(tmp_path / "t.npy", ARRAYS[case])
    np.savez(tmp_path / "t.npz", X=ARRAYS[case])
    for name in ("t.npy", "t.npz"):
        with pytest.raises(UsageError):
            read_array(tmp_path / name)


@pytest.mark.parametrize("dtype", ["f2", ">f4", ">f8", "longdouble", "u8", "i1", "?"])
def test_the_bytes_of_a_number_do_not_change_its_score(tmp_path, dtype):
    X = np.random.default_rng(0).integers(0, 2, (40, 4))
    np.save(tmp_path / "t.npy", X.astype(dtype))
    rows = read_array(tmp_path / "t.npy")
    detector = Autoencoder(epochs=2, random_state=0)
    expected = detector.fit(X.astype(float)).score_samples(X.astype(float))
    np.testing.assert_allclose(detector.fit(rows).score_samples(rows), expected, rtol=1e-6)


def test_a_bomb_is_refused_by_what_it_says_that_it_unpacks_to(tmp_path):
    np.savez_compressed(tmp_path / "t.npz", X=np.zeros((2**17, 128)))
    with pytest.raises(UsageError, match="unpacks to more than"):
        read_array(tmp_path / "t.npz")


def test_a_header_that_asks_for_more_than_there_is(tmp_path):
    with (tmp_path / "t.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (2**40, 2**10)}
        np.lib.format.write_array_header_1_0(file, header)
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        archive.write(tmp_path / "t.npy", "X.npy")
    for name in ("t.npy", "t.npz"):
        with pytest.raises(UsageError, match=name):
            read_array(tmp_path / name)


@pytest.mark.parametrize("labels", [[0, 1, np.nan], [0j, 1, 0], [[0], [1], [0]]])
def test_labels_that_are_none_are_refused(tmp_path, labels):
    np.savez(tmp_path / "t.npz", X=np.ones((3, 2)), y=np.array(labels))
    with pytest.raises(UsageError, match="got labels of shape"):
        read(tmp_path / "t.npz")


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, -1, 1], [0.0, 1.0, 0.0]])
def test_labels_that_name_no_class_are_refused(tmp_path, labels):
    np.savez(tmp_path / "t.npz", X=np.ones((3, 2)), y=np.array(labels), class_names=np.array(["a", "b"]))
    with pytest.raises(UsageError, match="no places in its 2 class_names"):
        read(tmp_path / "t.npz")
