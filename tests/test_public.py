"""The public face: true names, light imports, complete documentation."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from numpydoc.validate import validate

import robustgen

HEAVY = ("torch", "sklearn", "pyod", "pandas", "matplotlib")
# GL01: our docstrings begin on the line of the quotes, which numpydoc 1.8 refuses. SA01, EX01: no
# "See Also" or example is owed everywhere. ES01: one sentence can be enough. PR08 (capital letter):
# `d` and `K` are symbols.
EXEMPT = {"GL01", "SA01", "EX01", "ES01", "PR08"}


def test_every_promised_name_is_there():
    assert sorted(robustgen.__all__) == sorted(robustgen._HOMES)
    for name in robustgen.__all__:
        assert getattr(robustgen, name).__name__ == name


def test_a_wrong_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'RSRAF'"):
        _ = robustgen.RSRAF


def test_importing_the_package_loads_nothing_heavy():
    code = f"import sys, robustgen; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


ROOMS = (
    "robustgen",
    "robustgen.data",
    "robustgen.inverse",
    "robustgen.metrics",
    "robustgen.peers",
    "robustgen.plotting",
    "robustgen.reporting",
    "robustgen.series",
    "robustgen.symmetry",
    "robustgen.training",
)


def public_objects() -> list[str]:
    """Return the names that users import: what each room's ``__all__`` promises, and their methods."""
    paths = []
    for room in ROOMS:
        for name in importlib.import_module(room).__all__:
            value = getattr(importlib.import_module(room), name)
            if not callable(value):
                continue
            home = f"{value.__module__}.{value.__name__}"
            own = vars(value) if isinstance(value, type) else {}
            paths += [
                home,
                *(
                    f"{home}.{method}"
                    for method in own
                    if not method.startswith("_") and callable(own[method])
                ),
            ]
    return sorted(set(paths))


@pytest.mark.parametrize("path", public_objects())
def test_every_public_object_is_documented(path):
    faults = [(code, text) for code, text in validate(path)["errors"] if code not in EXEMPT]
    assert not faults
