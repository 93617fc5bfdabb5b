"""The cache: fetched once, packed once, and never taken for what it is not."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.data import load
from robustgen.data.catalog import Entry, RemoteFile
from robustgen.data.remote import cached, fetch, rows_hash

CATALOG = import_module("robustgen.data.catalog")  # the package lends its name to a function

X = np.arange(8, dtype=np.float64).reshape(4, 2) / 3
Y = np.array([0.0, 1.0, 0.0, 0.0])
PACKED = {"X": X.astype(np.float32), "y": Y.astype(np.uint8)}


@pytest.fixture
def boilers(server, cache):
    """A set of ADBench's format on the server."""
    raw = io.BytesIO()
    np.savez(raw, X=X, y=Y)
    server.files["1_boilers.npz"] = raw.getvalue()
    return Entry(
        name="boilers",
        kind="tabular",
        shape=(2,),
        source="https://example.org",
        licence="none",
        files=(RemoteFile(server.url("1_boilers.npz")),),
        recipe="adbench",
        rows_sha256=rows_hash(PACKED),
    )


@pytest.fixture
def by_name(boilers, monkeypatch):
    """The set as the only one of the catalog."""
    monkeypatch.delenv("ROBUSTGEN_DATA", raising=False)
    monkeypatch.setattr(CATALOG, "_read_catalog", lambda: {"boilers": boilers})
    return boilers


def test_a_set_is_fetched_once_and_packed(boilers, server, cache):
    assert cached(boilers) is None
    path = fetch(boilers)
    assert path == cached(boilers) == fetch(boilers) == cache / "boilers.npz"
    assert len(server.ranges) == 1
    with np.load(path) as archive:
        assert {key: archive[key].dtype for key in archive} == {"X": np.float32, "y": np.uint8}
    assert sorted(one.name for one in cache.iterdir()) == ["boilers.json", "boilers.npz", "raw"]
    assert not (cache / "raw" / "boilers").exists()


def test_two_processes_at_once_download_once(boilers, server):
    with ThreadPoolExecutor(4) as pool:
        assert len({*pool.map(fetch, [boilers] * 4)}) == 1
    assert len(server.ranges) == 1


def test_the_note_says_what_was_received(boilers, cache):
    fetch(boilers)
    note = json.loads((cache / "boilers.json").read_text())
    assert list(note["files"]) == [boilers.files[0].url]
    assert note["rows_sha256"] == boilers.rows_sha256


def test_a_name_is_loaded_from_the_network_and_then_from_the_cache(by_name, server):
    first, second = load("boilers"), load("boilers")
    np.testing.assert_array_equal(first.X, second.X)
    np.testing.assert_array_equal(first.outlier_mask(), [False, True, False, False])
    assert len(server.ranges) == 1


def test_the_local_folder_comes_before_the_cache(by_name, server, tmp_path, monkeypatch):
    fetch(by_name)
    monkeypatch.setenv("ROBUSTGEN_DATA", str(tmp_path))
    np.savez(tmp_path / "boilers.npz", X=PACKED["X"][:2], y=PACKED["y"][:2])
    assert len(load("boilers")) == 2


def test_a_packed_file_may_move_to_the_local_folder(by_name, tmp_path, monkeypatch):
    fetch(by_name).rename(tmp_path / "boilers.npz")
    monkeypatch.setenv("ROBUSTGEN_DATA", str(tmp_path))
    of_results = replace(by_name, sha256="0" * 64)  # the same rows, compressed otherwise
    monkeypatch.setattr(CATALOG, "_read_catalog", lambda: {"boilers": of_results})
    assert len(load("boilers")) == 4


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"rows_sha256": "0" * 64}, "rows of 'boilers' are not those of the catalog"),
        ({"rows": 5}, r"rows of 'boilers' are \(4, 2\), and the catalog expects \(5, 2\)"),
        ({"shape": (3,)}, r"expects \(4, 3\)"),
    ],
)
def test_other_rows_than_the_catalog_knows_are_not_packed(boilers, cache, known, message):
    with pytest.raises(UsageError, match=message):
        fetch(replace(boilers, **known))
    assert not (cache / "boilers.npz").exists()


@pytest.mark.parametrize("what", ["boilers.npz", "boilers.json"])
def test_a_damaged_cache_is_named(boilers, cache, what):
    fetch(boilers)
    content = (cache / what).read_bytes()
    (cache / what).write_bytes(content[: len(content) // 2])
    with pytest.raises(UsageError, match=r"boilers\.npz' is damaged: delete it"):
        cached(boilers)


def test_a_file_that_cannot_be_unpacked_is_named(boilers, server):
    server.files["1_boilers.npz"] = b"<html>moved</html>"
    with pytest.raises(UsageError, match=r"cannot be made into 'boilers'.*: delete it") as refused:
        fetch(boilers)
    assert "\n" not in str(refused.value)


def test_a_file_put_there_by_hand_needs_no_network(boilers, server, cache, monkeypatch):
    monkeypatch.setenv("ROBUSTGEN_OFFLINE", "1")
    with pytest.raises(UsageError, match="ROBUSTGEN_OFFLINE is set"):
        fetch(boilers)
    (cache / "raw" / "boilers").mkdir(parents=True)
    (cache / "raw" / "boilers" / "1_boilers.npz").write_bytes(server.files["1_boilers.npz"])
    assert fetch(boilers).is_file()
    assert server.ranges == []


def test_one_line_says_what_is_missing_where_it_was_looked_for_and_how_to_get_it(by_name, server, cache):
    server.files.clear()
    with pytest.raises(UsageError) as refused:
        load("boilers")
    for said in (
        "needs the file boilers.npz: ROBUSTGEN_DATA is not set",
        f"not in the cache '{cache}'",
        f"{by_name.files[0].url} cannot be had: 404",
        f"put the file there by hand as '{cache / 'raw' / 'boilers' / '1_boilers.npz'}'",
    ):
        assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_set_that_cannot_be_built_names_its_source(boilers):
    with pytest.raises(UsageError, match=r"cannot be built from its source, https://example\.org"):
        fetch(replace(boilers, recipe=None))
