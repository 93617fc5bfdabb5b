"""The table of boilers is the same each time, and its planted errors are where it says."""

import pandas as pd

from robustgen.data.example import FAULTS, boilers


def test_the_errors_are_where_it_says_and_the_rest_is_usual() -> None:
    table, planted = boilers()
    assert planted[planted != ""].value_counts().to_dict() == FAULTS
    assert (table["pressure"] == -999).equals(planted == "pressure = -999")
    assert table["state"].isin(["idel", "runing"]).equals(planted == "state misspelt")
    clean = table[planted == ""]
    assert clean["heat"].between(5, 95).all()
    assert clean[["heat", "pressure", "flow"]].corr().min().min() > 0.95


def test_a_seed_says_all() -> None:
    pd.testing.assert_frame_equal(boilers(3)[0], boilers(3)[0])
    assert not boilers(3)[0].equals(boilers(4)[0])
