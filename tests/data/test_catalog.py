"""The catalog is whole, and leads from every name to one set."""

from __future__ import annotations

import re

from robustgen.data import catalog, names
from robustgen.data.catalog import find, known_names
from robustgen.data.remote.recipes import RECIPES

BUILT_IN = {"digits", "breast_cancer", "wine", "moving_shapes"}


def test_every_set_has_a_source_a_licence_and_a_size():
    for name, entry in catalog().items():
        assert entry.source, name
        assert entry.licence, name
        assert entry.shape, name
        assert entry.rows or entry.recipe, name


def test_every_set_can_be_had():
    for name, entry in catalog().items():
        assert name in BUILT_IN or entry.recipe in RECIPES or entry.sha256, name
        ours = entry.recipe is not None and not entry.recipe.startswith("scikit-learn:")
        assert bool(entry.files) == ours, name


def test_hashes_are_hashes():
    for name, entry in catalog().items():
        for found in filter(None, (entry.sha256, entry.rows_sha256)):
            assert re.fullmatch("[0-9a-f]{64}", found), name
        for file in entry.files:
            assert file.url.startswith("https://"), name
            assert file.hash is None or re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", file.hash), name


def test_a_set_of_our_published_results_is_built_to_the_bit_or_not_at_all():
    for name, entry in catalog().items():
        assert bool(entry.recipe and entry.sha256) == bool(entry.rows_sha256), name


def test_the_classical_sets_of_adbench_are_all_there():
    numbers = {int(name.split("_")[1]) for name in names() if name.startswith("ad_")}
    assert numbers == set(range(1, 48))


def test_every_set_says_which_labels_it_has():
    for name, entry in catalog().items():
        assert (entry.outlier_rate is None) != (entry.classes is None), name


def test_no_alias_hides_a_name_or_another_alias():
    assert len(set(known_names())) == len(known_names())


def test_every_name_and_alias_is_found():
    assert {find(name).name for name in known_names()} == set(names())


def test_the_built_in_wine_is_not_the_one_of_adbench():
    assert find("wine").name == "wine"
    assert find("nothing of this name") is None
