"""From a table to numbers, by one rule."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from robustgen._checks import UsageError
from robustgen.tables.encoder import MOST_CATEGORIES, check_finite, to_numbers


def test_numbers_stay_and_booleans_become_0_and_1():
    table = pd.DataFrame({"x": [1, 2], "y": [0.5, 1e9], "on": [True, False]})
    np.testing.assert_array_equal(to_numbers(table, "t"), [[1, 0.5, 1], [2, 1e9, 0]])


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_each_value_of_a_category_is_a_column_in_alphabetical_order(kind):
    table = pd.DataFrame({"fuel": pd.Series(["oil", "gas", "wood", "gas"]).astype(kind), "x": [1, 2, 3, 4]})
    expected = [[0, 1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [1, 0, 0, 4]]
    np.testing.assert_array_equal(to_numbers(table, "t"), expected)


def test_the_order_of_rows_does_not_change_what_a_row_becomes():
    table = pd.DataFrame({"fuel": ["oil", "gas", "wood", "gas"]})
    np.testing.assert_array_equal(to_numbers(table[::-1], "t"), to_numbers(table, "t")[::-1])


def test_decimals_are_numbers():
    table = pd.DataFrame({"price": [Decimal("1.25"), Decimal("2")]})
    np.testing.assert_array_equal(to_numbers(table, "t"), [[1.25], [2]])


def test_numbers_stored_as_text_are_numbers():
    np.testing.assert_array_equal(to_numbers(pd.DataFrame({"x": ["1", "2.5"]}), "t"), [[1], [2.5]])


@pytest.mark.parametrize("shape", [(3, 4), (3, 2, 2)])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_row_that_is_not_finite_is_named(shape, bad):
    X = np.zeros(shape)
    check_finite(X, "t")
    X[1:].flat[-1] = X[1].flat[0] = bad
    with pytest.raises(UsageError, match="row 2 of 't' holds NaN or an infinite"):
        check_finite(X, "t")
    if X.ndim == 2:
        with pytest.raises(UsageError, match="row 2 of 't' holds NaN or an infinite"):
            check_finite(csr_matrix(X), "t")


REFUSED = {
    "an empty cell": ({"x": [1, 2], "z": [1.0, np.nan]}, r"row 2 of 't' has no value in column 'z' \(1 such"),
    "infinity": ({"x": [1.0, np.inf]}, "row 2 of 't' holds NaN or an infinite number"),
    "text among numbers": ({"x": ["1", "2", "1O"]}, "row 3 of 't' has '1O' in column 'x', which otherwise"),
    "free text": (
        {"who": [f"name {i}" for i in range(MOST_CATEGORIES + 1)]},
        "column 'who' of 't' is text with 51 different values",
    ),
    "dates": (
        {"when": pd.to_datetime(["2024-01-01", "2024-01-02"])},
        "column 'when' .* holds datetime64 values",
    ),
    "lists": ({"some": [[1], [2]]}, "column 'some' .* holds mixed values, neither numbers nor text"),
    "complex numbers": ({"z": [1j, 2j]}, "column 'z' .* holds complex values"),
    "nothing": ({}, "no column but its label"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_number_is_named(case):
    columns, message = REFUSED[case]
    with pytest.raises(UsageError, match=message):
        to_numbers(pd.DataFrame(columns), "t")
