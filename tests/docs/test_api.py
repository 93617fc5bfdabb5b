"""Every entry of the API has an example, which the doctests run."""

from __future__ import annotations

import inspect
import pydoc
import re
from pathlib import Path

import pytest

INDEX = Path(__file__).parents[2] / "docs/api/index.rst"
ENTRIES = re.findall(r"^   ([\w.]+)$", INDEX.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_has_an_example(name):
    found = pydoc.locate(f"robustgen.{name}")
    assert found is not None
    assert "Examples\n--------\n>>> " in inspect.getdoc(found)
