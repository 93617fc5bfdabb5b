"""Who counts as an outlier."""

from __future__ import annotations

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


def test_a_long_list_of_classes_is_cut():
    many = Dataset("many", np.zeros((1, 1)), np.array([0]), classes=tuple(f"c{i}" for i in range(100)))
    with pytest.raises(UsageError, match="100 in all") as refused:
        many.outlier_mask()
    assert len(str(refused.value)) < 300
