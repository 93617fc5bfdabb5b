"""Where rows are only scored, numpy, scipy, scikit-learn, torch and safetensors are enough."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import numpy as np

import robustgen
from robustgen._extras import EXTRAS
from tests.detectors.builders import DETECTORS, grey_images, text, vectors
from tests.pyproject import PROJECT, package

THERE = {"numpy", "scipy", "scikit-learn", "torch", "safetensors"}
BROUGHT = {"joblib", "narwhals", "threadpoolctl", "filelock"}
"""What scikit-learn and torch cannot be installed without."""
IMPORTED_AS = {"pillow": "PIL"}

SCORE = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ImportError(f"{{name}} is not installed")
sys.meta_path.insert(0, Blocked())
import numpy as np
import robustgen
for path in sys.argv[1:]:
    rows = np.load(path + ".npy", allow_pickle=True)[()]
    np.save(path + ".scores.npy", robustgen.load(path).score_samples(rows))
"""


def missing() -> set[str]:
    """Return the import names of our requirements that a scoring image does not have."""
    required = {package(line) for line in PROJECT["dependencies"]}
    return {IMPORTED_AS.get(name, name) for name in required - THERE - BROUGHT} | {*EXTRAS}


def test_loading_and_scoring_needs_five_packages(tmp_path):
    expected = {}
    for make, (name, build) in product((vectors, grey_images, text), DETECTORS.items()):
        X = make()
        path = str(tmp_path / f"{name} of {make.__name__}")
        np.save(f"{path}.npy", np.array(X, dtype=object) if make is text else X, allow_pickle=True)
        detector = build(epochs=1).fit(X)
        robustgen.save(detector, path)
        expected[path] = detector.score_samples(X)
    code = SCORE.format(blocked=missing())
    done = subprocess.run(
        [sys.executable, "-c", code, *expected], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for path, scores in expected.items():
        np.testing.assert_array_equal(np.load(f"{path}.scores.npy"), scores, err_msg=path)
