"""Who counts as an outlier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.data import Dataset

GIVEN = Dataset("given", np.zeros((4, 2)), np.array([0, 1, 0, 1], dtype=np.uint8))
CLASSES = Dataset("toys", np.zeros((4, 2)), np.array([0, 1, 2, 1]), classes=("car", "doll", "drum"))


def test_given_labels_mark_outliers_with_one():
    np.testing.assert_array_equal(GIVEN.outlier_mask(), [False, True, False, True])


@pytest.mark.parametrize("inlier_class", ["doll", 1, "1"])
def test_every_class_but_the_inlier_class_is_outlying(inlier_class):
    np.testing.assert_array_equal(CLASSES.outlier_mask(inlier_class), [True, False, True, False])


def test_the_inlier_class_goes_by_its_own_name():
    assert {CLASSES.class_name(one) for one in ("doll", 1, "1")} == {"doll"}


def test_a_missing_inlier_class_lists_the_possible_ones():
    with pytest.raises(UsageError, match=r"'toys' needs an inlier class, one of 'car', 'doll', 'drum'"):
        CLASSES.outlier_mask()


@pytest.mark.parametrize("wrong", ["dol", "3", -1])
def test_a_wrong_inlier_class_lists_the_possible_ones(wrong):
    with pytest.raises(UsageError, match=rf"no class '{wrong}'.*'car', 'doll', 'drum'"):
        CLASSES.outlier_mask(wrong)


def test_a_wrong_inlier_class_gets_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'doll'"):
        CLASSES.outlier_mask("dol")


def test_given_labels_refuse_an_inlier_class():
    with pytest.raises(UsageError, match="has no classes"):
        GIVEN.outlier_mask("doll")


def test_some_classes_make_a_smaller_set_under_the_same_name():
    toys = replace(CLASSES, X=np.arange(4))
    some = toys.only(["drum", 1])
    assert (some.name, some.classes, some.X.tolist()) == ("toys", ("drum", "doll"), [1, 2, 3])
    np.testing.assert_array_equal(some.outlier_mask("doll"), toys.outlier_mask("doll")[1:])
    assert toys.only() is toys


def test_as_many_rows_of_each_class_are_the_same_at_every_call():
    many = Dataset("many", np.arange(100), np.arange(100) % 3, classes=("a", "b", "c"))
    some = many.only(per_class=5)
    assert np.bincount(some.y).tolist() == [5, 5, 5]
    np.testing.assert_array_equal(some.y, some.X % 3)
    np.testing.assert_array_equal(some.X, many.only(per_class=5).X)
    np.testing.assert_array_equal(many.only(per_class=1000).X, many.X)


@pytest.mark.parametrize(
    ("classes", "per_class", "message"),
    [(["doll", 1], None, "named twice"), (["dol"], None, "did you mean 'doll'"), ([], 0, "at least 1")],
)
def test_a_wrong_choice_of_classes_is_refused(classes, per_class, message):
    with pytest.raises(UsageError, match=message):
        CLASSES.only(classes, per_class)


def test_given_labels_have_no_rows_of_a_class():
    with pytest.raises(UsageError, match="for sets with classes only"):
        GIVEN.only(per_class=3)


def test_a_long_list_of_classes_is_cut():
    many = Dataset("many", np.zeros((1, 1)), np.array([0]), classes=tuple(f"c{i}" for i in range(100)))
    with pytest.raises(UsageError, match="100 in all") as refused:
        many.outlier_mask()
    assert len(str(refused.value)) < 300
