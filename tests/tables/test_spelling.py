"""A slip of the hand is told from another name, and from another code."""

from __future__ import annotations

import pytest

from robustgen.tables.spelling import misspelt

RIGHT = ["Hamburg", "medicine", "city A", "op-08", "male", "N"]


@pytest.mark.parametrize(
    "value", ["Hambrug", "hamburg ", "HAMBURG", "Hammburg", "Haburg", "Hambxrg", "medicine?"]
)
def test_slips(value):
    assert misspelt([value], RIGHT) == [True]


@pytest.mark.parametrize("value", ["Homberg", "city B", "op-28", "female", "S", "", "12"])
def test_other_values(value):
    assert misspelt([value], RIGHT) == [False]
