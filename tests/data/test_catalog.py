"""The catalog is whole, and leads from every name to one set."""

from __future__ import annotations

from robustgen.data import catalog, names
from robustgen.data.catalog import find, known_names

BUILT_IN = {"digits", "breast_cancer", "wine"}


def test_every_downloadable_set_has_an_address_a_licence_and_a_hash():
    for name, entry in catalog().items():
        assert entry.source, name
        assert entry.licence, name
        if name not in BUILT_IN:
            assert entry.source.startswith("https://"), name
            assert len(entry.sha256) == 64, name


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
