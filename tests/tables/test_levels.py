"""A level is rare where it may be a slip, not where it is a small group; a missing cell is a level."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.tables.levels import fit_levels, most_slips


def levels(**counts: int) -> np.ndarray:
    return np.repeat(np.array(list(counts), dtype=object), list(counts.values()))


@pytest.mark.parametrize("share", [0.002, 0.005, 0.009, 0.02])
def test_no_small_group_is_rare(share):
    few = round(5000 * share)
    assert (fit_levels(levels(gas=5000 - few, oil=few)).rarity[:-1] == 0).all()


@pytest.mark.parametrize("n_rows", [200, 1000, 20_000])
def test_a_slip_is_rare_in_a_table_of_any_size(n_rows):
    rare = dict(zip(*_named(fit_levels(levels(gas=n_rows - 1, gass=1))), strict=True))
    assert rare["gas"] == 0
    assert rare["gass"] > 0


def test_a_missing_cell_is_as_rare_as_another_seldom_level():
    empty = fit_levels(np.array(["gas"] * 4950 + [""] * 50, dtype=object))
    other = fit_levels(np.array(["gas"] * 4950 + ["zinc"] * 50, dtype=object))
    assert sorted(empty.rarity[:-1]) == sorted(other.rarity[:-1]) == [0, 0]


def test_what_training_has_not_seen_is_rarer_than_any_level():
    found = fit_levels(levels(gas=998, oil=1, coal=1))
    assert found.rarity[-1] > found.rarity[:-1].max() > 0


def test_a_level_that_is_spelt_like_a_frequent_one_is_a_slip_however_often_it_comes():
    rare = dict(zip(*_named(fit_levels(levels(boiler=4900, zinc=50, boilr=25, BOILER=25))), strict=True))
    assert rare["boiler"] == rare["zinc"] == 0
    assert min(rare["boilr"], rare["BOILER"]) > 0


def test_slips_are_fewer_rows_than_a_group():
    assert [most_slips(n) for n in (10, 10**3, 10**7)] == [1, 3, 5]


def _named(found):
    return found.values, found.rarity[:-1]
