"""A user's file as a data set: rows, labels, and what cannot be either."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from robustgen._checks import UsageError
from robustgen.data import draw, read
from robustgen.data.files import DataFile, RowOptions, read_array

X = np.arange(12.0).reshape(6, 2)
FAULTY = np.array([0, 1, 0, 0, 1, 0])


def as_table(labels):
    return pd.DataFrame({"a": X[:, 0], "label": labels, "b": X[:, 1]})


def write_csv(folder, labels):
    as_table(labels).to_csv(folder / "mine.csv", index=False)
    return folder / "mine.csv", "label"


def write_parquet(folder, labels):
    as_table(labels).to_parquet(folder / "mine.parquet")
    return folder / "mine.parquet", "label"


def write_npz(folder, labels):
    np.savez(folder / "mine.npz", X=X, label=np.asarray(labels))
    return folder / "mine.npz", "label"


def write_npy(folder, labels):
    np.save(folder / "mine.npy", np.column_stack([X, labels]))
    return folder / "mine.npy", "-1"


WRITERS = {"csv": write_csv, "parquet": write_parquet, "npz": write_npz, "npy": write_npy}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("kind", [np.int64, np.float64, np.bool_])
def test_0_and_1_are_inliers_and_outliers_in_every_format(tmp_path, writer, kind):
    path, label = writer(tmp_path, FAULTY.astype(kind))
    mine = read(path, label)
    assert (mine.name, mine.classes, mine.kind) == (path.name, None, "tabular")
    np.testing.assert_array_equal(mine.X, X)
    np.testing.assert_array_equal(mine.outlier_mask(), FAULTY == 1)


@pytest.mark.parametrize("writer", [write_csv, write_parquet, write_npz])
def test_text_names_classes_in_every_format(tmp_path, writer):
    path, label = writer(tmp_path, ["oil", "gas", "oil", "wood", "gas", "oil"])
    mine = read(path, label)
    assert mine.classes == ("gas", "oil", "wood")
    np.testing.assert_array_equal(mine.outlier_mask("oil"), [False, True, False, True, True, False])


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_whole_numbers_name_classes_in_their_order(tmp_path, writer):
    path, label = writer(tmp_path, [10, 9, 10, 9, 10, 2])
    assert read(path, label).classes == ("2", "9", "10")


@pytest.mark.parametrize("values", [("0", "1"), ("False", "True")])
def test_0_and_1_written_as_text_mean_the_same(tmp_path, values):
    path, label = write_parquet(tmp_path, [values[one] for one in FAULTY])
    np.testing.assert_array_equal(read(path, label).outlier_mask(), FAULTY == 1)


def test_columns_become_numbers(tmp_path):
    as_table(FAULTY).assign(fuel=list("xyxyxy")).to_csv(tmp_path / "mine.csv", index=False)
    assert read(tmp_path / "mine.csv", "label").X.shape == (6, 3)


def test_any_column_of_an_npy_may_hold_the_labels(tmp_path):
    np.save(tmp_path / "mine.npy", np.column_stack([FAULTY, X]))
    np.testing.assert_array_equal(read(tmp_path / "mine.npy", "0").X, X)


def test_a_folder_of_images_is_a_set_with_classes(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.fromarray(np.full((5, 5), number, np.uint8)).save(tmp_path / name / f"{number}.png")
    pets = read(tmp_path, name="pets")
    assert (pets.name, pets.classes, pets.kind, pets.X.shape) == ("pets", ("cat", "dog"), "image", (8, 5, 5))
    assert draw(pets, inlier_class="dog", corruption=0.3).n_train_inliers == 2


REFUSED = {
    "no label": ("a,b\n1,0\n", None, r"name its label column \(--label\); its columns: 'a', 'b'"),
    "a wrong label": ("a,faulty\n1,0\n", "fualty", "no column 'fualty'; did you mean 'faulty'"),
    "an unlike label": ("a,b\n1,0\n", "target", "no column 'target'; its columns: 'a', 'b'"),
    "an empty label": ("a,y\n1,0\n2,\n3,1\n", "y", "row 2 of 'mine.csv' has no value in column 'y'"),
    "a fraction": ("a,y\n1,0\n2,1.5\n", "y", "row 2 of 'mine.csv' has 1.5 in the label column 'y'"),
    "an identity": ("a,y\n1,5\n2,6\n3,7\n4,8\n", "y", "4 different values in 4 rows"),
    "a cell of text": (
        "a,y\n1,0\n2,1\nx,1\n",
        "y",
        "'mine.csv': row 3, column 'a': got 'x', expected a number",
    ),
    "a short line": ("a,b,y\n1,2,0\n2\n", "y", "row 2 of 'mine.csv' has no value in column 'y'"),
    "NaN": ("a,y\n1,0\n2,nan\n", "y", "row 2 of 'mine.csv' has no value in column 'y'"),
    "nothing but labels": ("y\n0\n1\n", "y", "no column but its label"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_that_is_no_data_set(tmp_path, case):
    text, label, message = REFUSED[case]
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(UsageError, match=message):
        read(tmp_path / "mine.csv", label)


@pytest.mark.parametrize(("label", "got"), [(None, "none"), ("3", "'3'"), ("y", "'y'")])
def test_a_column_of_an_npy_goes_by_its_number(tmp_path, label, got):
    path, _ = write_npy(tmp_path, FAULTY)
    with pytest.raises(UsageError, match=f"number of its label column, 0 to 2, .* got {got}"):
        read(path, label)


def test_a_row_of_an_array_that_is_not_finite_is_named(tmp_path):
    broken = X.copy()
    broken[3, 1] = np.nan
    np.save(tmp_path / "mine.npy", np.column_stack([broken, FAULTY]))
    np.savez(tmp_path / "mine.npz", X=broken, y=FAULTY)
    for name, label in (("mine.npy", "-1"), ("mine.npz", None)):
        with pytest.raises(UsageError, match=f"row 4 of '{name}' holds NaN"):
            read(tmp_path / name, label)


def test_a_folder_of_images_takes_no_label(tmp_path):
    with pytest.raises(UsageError, match="leave out the label 'y'"):
        read(tmp_path, "y")


def test_a_flat_folder_has_no_labels(tmp_path):
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="has no sub-folders"):
        read(tmp_path)


def test_an_npy_is_mapped_and_not_loaded(tmp_path):
    np.save(tmp_path / "mine.npy", X)
    assert isinstance(read_array(tmp_path / "mine.npy"), np.memmap)
    np.testing.assert_array_equal(read_array(tmp_path / "mine.npy"), X)


ARRAYS = {
    "objects": (np.array([[{}]], dtype=object), "not a readable .npy"),
    "text": (np.array([["a"]]), "values of type <U1: expected numbers"),
    "one axis": (np.ones(3), r"shape \(3,\): expected rows"),
    "no rows": (np.ones((0, 3)), "at least one"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_an_array_that_holds_no_rows_of_numbers(tmp_path, case):
    array, message = ARRAYS[case]
    np.save(tmp_path / "mine.npy", array, allow_pickle=True)
    with pytest.raises(UsageError, match=message):
        read_array(tmp_path / "mine.npy")


def test_an_npz_lends_its_rows(tmp_path):
    np.savez(tmp_path / "mine.npz", X=X)
    np.savez(tmp_path / "none.npz", rows=X)
    np.testing.assert_array_equal(read_array(tmp_path / "mine.npz"), X)
    with pytest.raises(UsageError, match="lacks the array 'X'"):
        read_array(tmp_path / "none.npz")


@pytest.fixture
def pictures(tmp_path):
    for place, name in enumerate(("a/1.png", "a/2.png", "b/3.png", "b/4.png")):
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8 + place, 8), color=place).save(tmp_path / "pictures" / name)
    return tmp_path / "pictures"


def test_images_of_several_sizes_are_resized_on_request(pictures):
    with pytest.raises(UsageError, match="--resize 8x8"):
        read(pictures)
    assert read(pictures, rows=RowOptions(size=(8, 6))).X.shape == (4, 8, 6)


def test_images_that_cannot_be_read_are_passed_over_on_request_and_named_without_their_folder(pictures):
    (pictures / "b" / "broken.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match="1 files passed over") as warned:
        assert len(read(pictures, rows=RowOptions(size=(8, 8), skip_unreadable=True)).X) == 4
    assert "b/broken.png" in str(warned[0].message)
    assert str(pictures) not in str(warned[0].message)


def test_how_images_are_read_is_said_of_a_folder_only(tmp_path):
    path, label = write_csv(tmp_path, FAULTY)
    with pytest.raises(UsageError, match="of the format csv: leave out --resize"):
        read(path, label, rows=RowOptions(size=(8, 8)))


def test_how_images_are_read_is_part_of_what_a_result_depends_on(pictures):
    plain, resized = (DataFile.at(pictures, rows=RowOptions(size=size)) for size in (None, (8, 8)))
    assert plain.content != resized.content
    assert json.loads(json.dumps(resized.content))["size"] == [8, 8]
