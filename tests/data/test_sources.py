"""Loading: the built-in sets as the catalog says, and files of every layout and fault."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, issparse

from robustgen._checks import UsageError
from robustgen.data import catalog, load


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTGEN_DATA", str(tmp_path))
    return tmp_path


def save(folder, name, **arrays):
    np.savez(folder / f"{name}.npz", **arrays)


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "wine"])
def test_built_in_sets_are_what_the_catalog_says(name):
    dataset, entry = load(name), catalog()[name]
    assert dataset.X.shape == (entry.rows, *entry.shape)
    assert dataset.kind == entry.kind
    if entry.classes is None:
        assert dataset.outlier_mask().mean() == pytest.approx(entry.outlier_rate, abs=1e-4)
    else:
        assert len(dataset.classes) == entry.classes


def test_malignant_is_the_outlier_of_breast_cancer():
    assert load("breast_cancer").outlier_mask().sum() == 212


def test_two_labels_mean_inlier_and_outlier(folder):
    save(folder, "mine", X=np.ones((3, 2), np.float32), y=np.array([0, 1, 0], np.uint8))
    mine = load("mine")
    assert mine.classes is None
    assert mine.kind == "tabular"
    assert mine.X.dtype == np.float32
    np.testing.assert_array_equal(mine.outlier_mask(), [False, True, False])


def test_more_labels_are_classes(folder):
    save(folder, "mine", X=np.ones((4, 2)), y=np.array([5, 7, 9, 7]))
    assert load("mine").classes == ("5", "7", "9")
    np.testing.assert_array_equal(load("mine").outlier_mask("7"), [True, False, True, False])


def test_class_names_make_two_labels_classes(folder):
    save(folder, "mine", X=np.ones((3, 2)), y=np.array([0, 1, 0]), class_names=np.array(["cat", "dog"]))
    np.testing.assert_array_equal(load("mine").outlier_mask("dog"), [True, False, True])


def test_images_keep_their_shape_and_colours_come_first(folder):
    save(folder, "grey", X=np.zeros((3, 5, 4), np.uint8), y=np.array([0, 1, 0]))
    save(folder, "colour", X=np.zeros((3, 5, 4, 3), np.uint8), y=np.array([0, 1, 0]))
    assert load("grey").X.shape == (3, 5, 4)
    assert load("colour").X.shape == (3, 3, 5, 4)
    assert load("grey").kind == load("colour").kind == "image"


def test_the_parts_of_a_csr_matrix_are_put_together(folder):
    X = csr_matrix(np.array([[0.0, 2.0], [3.0, 0.0]]))
    parts = {
        "X_data": X.data,
        "X_indices": X.indices.astype(np.uint16),
        "X_indptr": X.indptr,
        "X_shape": X.shape,
    }
    save(folder, "text", y=np.array([0, 1]), **parts)
    loaded = load("text").X
    assert issparse(loaded)
    np.testing.assert_array_equal(loaded.toarray(), X.toarray())


def test_a_part_of_a_set(folder):
    save(folder, "mine", X=np.arange(4.0)[:, None], y=np.array([0, 1, 0, 1]), split=np.array([0, 0, 1, 1]))
    assert load("mine:test").name == "mine:test"
    np.testing.assert_array_equal(load("mine:test").X.ravel(), [2, 3])
    np.testing.assert_array_equal(load("mine:train").X.ravel(), [0, 1])


@pytest.mark.parametrize(
    ("name", "message"), [("mine:valid", "'train' and 'test'"), ("flat:test", "no parts")]
)
def test_a_part_that_is_not_there(folder, name, message):
    save(folder, "mine", X=np.ones((2, 1)), y=np.array([0, 1]), split=np.array([0, 1]))
    save(folder, "flat", X=np.ones((2, 1)), y=np.array([0, 1]))
    with pytest.raises(UsageError, match=message):
        load(name)


def test_a_built_in_set_has_no_parts():
    with pytest.raises(UsageError, match="'digits' has no parts"):
        load("digits:test")


def test_an_unknown_name_gets_the_nearest_ones(folder):
    save(folder, "boilers", X=np.ones((2, 1)), y=np.array([0, 1]))
    with pytest.raises(UsageError, match="unknown dataset 'digts'; did you mean 'digits'"):
        load("digts")
    with pytest.raises(UsageError, match="did you mean 'boilers'"):
        load("boiler")


def test_a_missing_file_says_where_it_was_looked_for_and_where_it_comes_from(folder):
    with pytest.raises(UsageError, match=rf"ad_6_cardio.npz: not in '{folder}'.*of https://") as refused:
        load("cardio")
    assert "\n" not in str(refused.value)


def test_a_missing_folder_says_which_variable_names_it(monkeypatch):
    monkeypatch.delenv("ROBUSTGEN_DATA", raising=False)
    with pytest.raises(UsageError, match="ROBUSTGEN_DATA is not set"):
        load("fashion_mnist:test")


def test_a_file_that_is_not_the_one_of_the_catalog_is_refused(folder):
    save(folder, "ad_6_cardio", X=np.ones((3, 2)), y=np.array([0, 1, 0]))
    with pytest.raises(UsageError, match="sha256"):
        load("cardio")


def test_a_file_that_is_no_npz(folder):
    (folder / "mine.npz").write_bytes(b"not a zip archive")
    with pytest.raises(UsageError, match="not a readable"):
        load("mine")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": np.ones((3, 2))}, "lacks the array 'y'"),
        ({"y": np.ones(3)}, "lacks the array 'X'"),
        ({"X": np.ones((3, 2)), "y": np.ones(2)}, "3 rows in X but 2 in y"),
    ],
)
def test_a_file_without_the_arrays(folder, arrays, message):
    save(folder, "mine", **arrays)
    with pytest.raises(UsageError, match=message):
        load("mine")
