"""The top contributors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from robustgen._checks import UsageError
from robustgen.inference.explanation import framed_like, top_features


def test_the_loudest_columns_come_first_and_equal_ones_in_their_order():
    top = top_features(np.array([[1.0, 5.0, 5.0, 0.0], [-2.0, -1.0, -3.0, 0.0]]), k=3)
    assert top.names.tolist() == [[1, 2, 0], [3, 1, 0]]
    assert top.values.tolist() == [[5.0, 5.0, 1.0], [0.0, -1.0, -2.0]]


def test_columns_of_a_frame_are_named():
    frame = pd.DataFrame([[1.0, 2.0]], columns=["age", "pay"])
    assert top_features(frame, k=9).names.tolist() == [["pay", "age"]]


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "3"])
def test_a_number_of_columns_that_is_none_is_refused(k):
    with pytest.raises(UsageError, match="expected a number of columns of 1 or more"):
        top_features(np.ones((2, 3)), k)


def test_pixels_have_no_top_columns():
    with pytest.raises(UsageError, match=r"got contributions of shape \(2, 3, 3\)"):
        top_features(np.ones((2, 3, 3)))


def test_a_frame_is_framed_and_an_array_stays_one():
    frame = pd.DataFrame(np.ones((2, 2)), columns=["a", "b"], index=[7, 9])
    framed = framed_like(frame, np.zeros((2, 2)))
    pd.testing.assert_frame_equal(framed, frame * 0)
    assert type(framed_like(np.ones((2, 2)), np.zeros((2, 2)))) is np.ndarray
