"""Words are told from numbers by what the entries are, not by how they are stored."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.preprocessing import normalize

from robustgen import _rows
from robustgen._rows import is_text

COUNTS = sparse.random(50, 2500, density=0.04, format="csr", random_state=np.random.default_rng(0))


@pytest.mark.parametrize("form", [sparse.csr_matrix, lambda X: X.toarray(), lambda X: X.astype(np.float32)])
@pytest.mark.parametrize("chunk", [2**24, 5000], ids=["at once", "in chunks"])
def test_the_form_of_the_rows_does_not_matter(form, chunk, monkeypatch):
    monkeypatch.setattr(_rows, "CHUNK_ENTRIES", chunk)
    assert is_text(form(COUNTS))
    assert not is_text(form(-COUNTS))
    assert not is_text(form(COUNTS[:, :1000]))
    assert is_text(form(normalize(COUNTS[:, :1000])))
    assert not is_text(form(normalize(COUNTS[:, :400])))


@pytest.mark.parametrize(("filling", "expected"), [(0.199, True), (0.201, False)])
def test_few_entries_are_not_zero(filling, expected):
    rows = np.zeros((20, 2000))
    rows.flat[: int(filling * rows.size)] = 1
    assert is_text(rows) is expected
    assert is_text(sparse.csr_matrix(rows)) is expected


def test_stored_zeros_are_no_words():
    rows = sparse.csr_matrix(np.full((3, 2000), 7.0))
    rows.data[:] = 0
    assert is_text(rows)


def test_an_empty_text_is_no_reason_against_words():
    rows = normalize(COUNTS[:, :1000]).tolil()
    rows[3] = 0
    assert is_text(rows.tocsr())


def test_images_are_no_words():
    assert not is_text(np.zeros((5, 1, 50, 50)))
