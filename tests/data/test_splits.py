"""What every draw promises, whatever the set, the corruption and the protocol."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, issparse

from robustgen._checks import UsageError
from robustgen.data import Dataset, draw, load, outliers_needed

BUILT_IN = [("digits", "0"), ("digits", "8"), ("breast_cancer", None), ("wine", "class_1")]

CORRUPTIONS = [0.0, 0.05, 0.1, 0.2, 0.3]

# Rows of every kind that a data set may hold; each row is told from all others by its values.
N = 240
NUMBERS = np.arange(1.0, N + 1)
ROWS = {
    "vectors": NUMBERS[:, None] * [1, 2],
    "grey images": NUMBERS[:, None, None] * np.ones((4, 4)),
    "colour images": NUMBERS[:, None, None, None] * np.ones((3, 4, 4)),
    "sparse": csr_matrix(NUMBERS[:, None] * [0, 1, 0]),
    "bytes": (NUMBERS % 256)[:, None, None].astype(np.uint8) * np.ones((2, 2), np.uint8),
}
LABELS = {
    "outlier labels": (np.arange(N) % 3 == 0, None, None),
    "few outliers": (np.arange(N) % 20 == 0, None, None),
    "two classes": (np.arange(N) % 2, ("a", "b"), "b"),
    "many classes": (np.arange(N) % 6, tuple("abcdef"), "c"),
}
KINDS = [(rows, labels) for rows in ROWS for labels in LABELS]


def of_kind(rows, labels):
    """Return a data set, and its inlier class."""
    y, classes, inlier_class = LABELS[labels]
    return Dataset(f"{rows}, {labels}", ROWS[rows], y.astype(np.uint8), classes), inlier_class


def draws(rows, labels, **arguments):
    """Return the draws of three repetitions at every corruption that the protocol knows."""
    dataset, inlier_class = of_kind(rows, labels)
    corruptions = {"clean": [0.0], "transductive": CORRUPTIONS[1:]}.get(arguments["protocol"], CORRUPTIONS)
    return {
        (repetition, c): draw(
            dataset, inlier_class=inlier_class, corruption=c, repetition=repetition, **arguments
        )
        for repetition in range(3)
        for c in corruptions
    }


def toy(n_inliers=200, n_outliers=200, name="toy"):
    y = np.repeat([0, 1], [n_inliers, n_outliers])
    return Dataset(name, np.arange(y.size, dtype=float)[:, None], y)


def rows(index):
    return set(index.tolist())


@pytest.mark.parametrize(("kind", "labels"), KINDS)
@pytest.mark.parametrize("protocol", ["inductive", "clean"])
@pytest.mark.parametrize("corruption_of", ["all", "inliers"])
def test_no_test_row_is_ever_in_a_training_set(kind, labels, protocol, corruption_of):
    drawn = draws(kind, labels, protocol=protocol, corruption_of=corruption_of, max_train=50, max_test=60)
    for repetition in range(3):
        same = [split for (number, _), split in drawn.items() if number == repetition]
        tested = set().union(*(rows(split.test_index) for split in same))
        trained = set().union(*(rows(split.train_index) for split in same))
        assert not tested & trained


@pytest.mark.parametrize(("kind", "labels"), KINDS)
@pytest.mark.parametrize("protocol", ["inductive", "transductive"])
def test_the_training_inliers_of_every_kind_are_the_same_at_every_corruption(kind, labels, protocol):
    drawn = draws(kind, labels, protocol=protocol)
    for repetition in range(3):
        same = [split for (number, _), split in drawn.items() if number == repetition]
        inliers = [rows(split.train_index[~split.outlier_train]) for split in same]
        assert all(some == inliers[0] for some in inliers)


@pytest.mark.parametrize(("kind", "labels"), KINDS)
def test_inductive_without_corruption_is_the_clean_protocol_of_every_kind(kind, labels):
    inductive, clean = (draws(kind, labels, protocol=protocol) for protocol in ("inductive", "clean"))
    for repetition in range(3):
        one, other = inductive[repetition, 0.0], clean[repetition, 0.0]
        np.testing.assert_array_equal(one.train_index, other.train_index)
        np.testing.assert_array_equal(one.test_index, other.test_index)
        assert not other.outlier_train.any()


@pytest.mark.parametrize(("kind", "labels"), KINDS)
def test_a_transductive_test_set_is_the_training_set(kind, labels):
    for split in draws(kind, labels, protocol="transductive").values():
        np.testing.assert_array_equal(split.train_index, split.test_index)
        assert len(rows(split.train_index)) == split.train_index.size


@pytest.mark.parametrize(("kind", "labels"), KINDS)
@pytest.mark.parametrize("protocol", ["inductive", "transductive", "clean"])
def test_rows_of_every_kind_come_with_their_own_marks(kind, labels, protocol):
    dataset, inlier_class = of_kind(kind, labels)
    outlier = dataset.outlier_mask(inlier_class)
    for split in draws(kind, labels, protocol=protocol).values():
        for X, index, marks in (
            (split.X_train, split.train_index, split.outlier_train),
            (split.X_test, split.test_index, split.outlier_test),
        ):
            np.testing.assert_array_equal(marks, outlier[index])
            np.testing.assert_array_equal(_dense(X), _dense(dataset.X[index]))


def _dense(X):
    return X.toarray() if issparse(X) else X


@pytest.mark.parametrize(("name", "inlier_class"), BUILT_IN)
def test_training_inliers_are_the_same_rows_at_every_corruption(name, inlier_class):
    dataset = load(name)
    drawn = [draw(dataset, inlier_class=inlier_class, corruption=c) for c in CORRUPTIONS]
    inliers = [rows(split.train_index[~split.outlier_train]) for split in drawn]
    assert all(some == inliers[0] for some in inliers)


@pytest.mark.parametrize(("name", "inlier_class"), BUILT_IN)
def test_test_rows_are_the_same_at_every_corruption_and_never_trained_on(name, inlier_class):
    dataset = load(name)
    drawn = [draw(dataset, inlier_class=inlier_class, corruption=c) for c in CORRUPTIONS]
    for split in drawn:
        np.testing.assert_array_equal(split.test_index, drawn[0].test_index)
        assert not rows(split.train_index) & rows(split.test_index)
        assert len(rows(split.train_index)) == split.train_index.size


@pytest.mark.parametrize(("name", "inlier_class"), BUILT_IN)
@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_the_corruption_is_the_one_asked_for(name, inlier_class, corruption):
    split = draw(load(name), inlier_class=inlier_class, corruption=corruption)
    assert split.outlier_train.mean() == pytest.approx(corruption, abs=0.5 / split.outlier_train.size + 1e-9)


def test_the_corruption_of_the_inliers_is_the_papers_ratio():
    split = draw(
        load("digits"), inlier_class=0, corruption=0.9, corruption_of="inliers", protocol="transductive"
    )
    assert split.n_train_outliers == round(0.9 * split.n_train_inliers)


def test_inductive_without_corruption_is_the_clean_protocol():
    inductive = draw(load("wine"), inlier_class=0, corruption=0.0)
    clean = draw(load("wine"), inlier_class=0, protocol="clean")
    np.testing.assert_array_equal(inductive.train_index, clean.train_index)
    np.testing.assert_array_equal(inductive.test_index, clean.test_index)


def test_the_clean_oracle_of_a_draw_has_the_inliers_of_the_draw_without_corruption():
    dirty = draw(load("wine"), inlier_class=0, corruption=0.3)
    clean = draw(load("wine"), inlier_class=0, corruption=0.0)
    assert rows(dirty.clean().train_index) == rows(clean.train_index)
    assert not dirty.clean().outlier_train.any()
    np.testing.assert_array_equal(dirty.clean().test_index, dirty.test_index)


def test_transductive_tests_on_the_training_rows():
    split = draw(load("wine"), inlier_class=0, corruption=0.3, protocol="transductive")
    np.testing.assert_array_equal(split.X_train, split.X_test)
    np.testing.assert_array_equal(split.outlier_train, split.outlier_test)
    assert split.n_train_inliers == 59


def test_the_clean_oracle_of_a_transductive_draw_keeps_all_test_rows():
    split = draw(load("wine"), inlier_class=0, corruption=0.3, protocol="transductive")
    np.testing.assert_array_equal(split.clean().X_test, split.X_test)
    assert split.clean().X_train.shape[0] == split.n_train_inliers


@pytest.mark.parametrize("protocol", ["inductive", "transductive"])
def test_labels_and_rows_belong_together(protocol):
    dataset = toy()
    split = draw(dataset, corruption=0.2, protocol=protocol)
    for X, index, outlier in (
        (split.X_train, split.train_index, split.outlier_train),
        (split.X_test, split.test_index, split.outlier_test),
    ):
        np.testing.assert_array_equal(X, dataset.X[index])
        np.testing.assert_array_equal(outlier, dataset.outlier_mask()[index])


def test_the_same_arguments_draw_the_same_rows():
    first, second = (draw(toy(), corruption=0.2, repetition=3) for _ in range(2))
    np.testing.assert_array_equal(first.train_index, second.train_index)


@pytest.mark.parametrize("change", [{"repetition": 1}, {"corruption": 0.21}])
def test_another_draw_has_other_outliers(change):
    first = draw(toy(), corruption=0.2)
    other = draw(toy(), **{"corruption": 0.2, **change})
    assert rows(first.train_index[first.outlier_train]) != rows(other.train_index[other.outlier_train])


def test_another_set_of_the_same_shape_has_another_draw():
    assert rows(draw(toy()).train_index) != rows(draw(toy(name="other")).train_index)


def test_every_repetition_deals_anew():
    first, second = (draw(toy(), repetition=repetition) for repetition in (0, 1))
    assert rows(first.train_index) != rows(second.train_index)


def test_outliers_stand_anywhere_among_the_training_rows():
    places = np.flatnonzero(draw(toy(), corruption=0.3).outlier_train)
    assert places.min() < 30
    assert places.max() > 100


def test_a_set_with_few_outliers_trains_on_fewer_inliers_the_same_at_every_corruption():
    rare = toy(n_inliers=2000, n_outliers=20)
    sizes = {draw(rare, corruption=c, max_corruption=0.3).n_train_inliers for c in CORRUPTIONS}
    assert sizes == {23}
    assert outliers_needed(23, 0.3) <= 10


def test_a_smaller_reach_lets_it_train_on_more():
    rare = toy(n_inliers=2000, n_outliers=20)
    wide, narrow = (draw(rare, max_corruption=largest) for largest in (0.05, 0.3))
    assert narrow.n_train_inliers < wide.n_train_inliers == 190
    assert rows(narrow.train_index) < rows(wide.train_index)


def test_no_more_than_max_train_inliers_and_max_test_rows():
    split = draw(toy(2000, 1000), corruption=0.3, max_train=100, max_test=300)
    assert split.n_train_inliers == 100
    assert split.outlier_test.size == 300
    assert split.outlier_test.sum() == 100


def test_a_sparse_matrix_stays_sparse():
    dataset = load("wine")
    sparse = Dataset("wine", csr_matrix(dataset.X), dataset.y, dataset.classes)
    dense = draw(dataset, inlier_class=0, corruption=0.2)
    np.testing.assert_array_equal(
        draw(sparse, inlier_class=0, corruption=0.2).X_train.toarray(), dense.X_train
    )


def test_an_unreachable_corruption_names_the_largest_one_which_then_works():
    with pytest.raises(UsageError, match=r"at most 0\.373") as refused:
        draw(load("breast_cancer"), corruption=0.45)
    assert "set max_corruption to 0.45" in str(refused.value)
    draw(load("breast_cancer"), corruption=0.373)
    assert draw(load("breast_cancer"), corruption=0.45, max_corruption=0.45).n_train_outliers == 106


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"corruption": 0.5}, "got corruption = 0.5, expected"),
        ({"corruption": -0.1}, "got corruption = -0.1, expected"),
        ({"max_corruption": 0.0}, "got max_corruption = 0, expected more"),
        ({"max_corruption": 0.7}, "max_corruption, the largest"),
        ({"protocol": "inductiv"}, "did you mean 'inductive'"),
        ({"protocol": "clean", "corruption": 0.1}, "for the clean protocol, expected 0"),
        ({"protocol": "transductive", "corruption": 0.0}, "among the 200 rows"),
        ({"corruption_of": "everything"}, "got corruption_of = "),
        ({"max_train": 1}, "at least 2"),
        ({"inlier_class": "3"}, "has no classes"),
    ],
)
def test_bad_arguments_get_one_clear_line(arguments, message):
    with pytest.raises(UsageError, match=message) as refused:
        draw(toy(), **arguments)
    assert "\n" not in str(refused.value)


def test_a_set_too_small_for_any_draw():
    with pytest.raises(UsageError, match="take a larger data set"):
        draw(toy(3, 1))
