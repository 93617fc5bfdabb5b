"""Downloads: verified, taken up again where they broke off, and refused in one line."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.data.remote.download import download

CONTENT = np.random.default_rng(0).bytes(300_000)
BLOCK = 1 << 16  # what is received in whole blocks is kept
HASH = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def get(server, tmp_path):
    """Download the file ``x.bin`` of the server, and return where it lies."""
    server.files["x.bin"] = CONTENT
    path = tmp_path / "raw" / "x.bin"

    def run(known_hash=HASH, name="x.bin"):
        download(server.url(name), path, known_hash, lambda done, total: None)
        return path

    return run


@pytest.mark.parametrize("known_hash", [HASH, "md5:" + hashlib.md5(CONTENT).hexdigest(), None])
def test_a_file_is_downloaded_once(get, server, known_hash):
    assert get(known_hash).read_bytes() == CONTENT
    get(known_hash)
    assert server.ranges == [None]
    assert [path.name for path in get(known_hash).parent.iterdir()] == ["x.bin"]


def test_a_broken_connection_is_taken_up_where_it_broke(get, server):
    server.cut_after = [BLOCK, 2 * BLOCK]
    assert get().read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={BLOCK}-", f"bytes={3 * BLOCK}-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(get, server):
    server.cut_after = [3 * BLOCK, 0, 0, 0]
    with pytest.raises(UsageError, match=r"x\.bin cannot be reached"):
        get()
    server.ranges.clear()
    assert get().read_bytes() == CONTENT
    assert server.ranges == [f"bytes={3 * BLOCK}-"]


def test_without_a_hash_a_later_call_begins_anew(get, server):
    server.cut_after = [3 * BLOCK, 0, 0, 0]
    with pytest.raises(UsageError):
        get(known_hash=None)
    server.ranges.clear()
    assert get(known_hash=None).read_bytes() == CONTENT
    assert server.ranges == [None]


def test_a_server_that_knows_no_ranges_begins_anew(get, server):
    server.knows_ranges = False
    server.cut_after = [BLOCK]
    assert get().read_bytes() == CONTENT


def test_what_is_longer_than_the_file_is_not_its_beginning(get, server, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "x.bin.part").write_bytes(CONTENT + b"more")
    assert get().read_bytes() == CONTENT
    assert server.ranges == ["bytes=300004-", None]


def test_another_file_than_the_published_one_is_refused_and_not_kept(get, tmp_path):
    with pytest.raises(UsageError, match="gives another file than the published one"):
        get(known_hash="sha256:" + "0" * 64)
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_file_that_is_not_there(get, tmp_path):
    with pytest.raises(UsageError, match="cannot be had: 404 Client Error") as refused:
        get(name="y.bin")
    assert "\n" not in str(refused.value)


def test_nobody_at_the_address(tmp_path):
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:1/x cannot be reached \(ConnectionError\)"):
        download("http://127.0.0.1:1/x", tmp_path / "x", HASH, lambda done, total: None)


def test_progress_is_told_and_never_goes_back(server, tmp_path):
    server.files["x.bin"], server.cut_after = CONTENT, [BLOCK]
    told = []
    download(server.url("x.bin"), tmp_path / "x.bin", HASH, lambda *bytes: told.append(bytes))
    done = [some for some, _ in told]
    assert done == sorted(done)
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert {total for _, total in told} == {len(CONTENT)}
