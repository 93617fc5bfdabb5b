"""What a page shows of images and signals: normal rows beside them, and where their errors come from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest

import robustgen
from robustgen import RobustDetector, Signals
from robustgen.triage.drawn import sketches_of

QUICK = RobustDetector(epochs=2, n_members=1, contamination="auto", random_state=0)


def squares(n=40):
    images = np.zeros((n, 12, 12))
    images[:, 3:9, 3:9] = 1
    images[:, 0, 0] = np.linspace(0, 0.1, n)  # none equals another
    images[:3, 5, :] = 1  # a scratch
    return images


@pytest.fixture(scope="module")
def audit():
    names = [f"{place}.png" for place in range(40)]
    return robustgen.audit(squares(), QUICK, n_folds=0, contamination=0.075, name="photos", row_names=names)


def test_images_are_judged_and_called_so(audit):
    assert audit.noun == "images"
    assert np.flatnonzero(audit.outlier).tolist() == [0, 1, 2]
    assert audit.sentence.startswith("3 of the 40 images of photos look wrong")


def test_the_nearest_is_another_that_is_normal(audit):
    sketches = sketches_of(audit, [0, 1, 7])
    assert not audit.outlier[list(sketches.nearest.values())].any()
    assert all(place != near for place, near in sketches.nearest.items())
    assert set(sketches.drawn) == {0, 1, 7, *sketches.nearest.values()}


def test_the_page_holds_files_and_heat(audit, tmp_path):
    audit.save(tmp_path / "audit.html")
    page = (tmp_path / "audit.html").read_text()
    assert "<b>0.png</b>" in page
    assert "where its error comes from" in page
    assert len(page) < 2e6


def test_flat_parts_do_not_spoil_an_explanation(audit):
    """Where an image is constant the root of its gradient's square has no derivative."""
    heat = audit.model.explain(squares()[:1])[0]
    assert np.isfinite(heat).all()
    assert np.ptp(heat) > 0


def test_signals_are_drawn_too():
    rng = np.random.default_rng(0)
    signals = np.sin(np.arange(64) / 3 + rng.uniform(0, 6, (40, 1, 1))) + 0.1 * rng.normal(size=(40, 1, 64))
    signals[:2, 0, 20:40] = 0
    audit = robustgen.audit(Signals(signals), QUICK, n_folds=0, contamination=0.05)
    assert audit.noun == "signals"
    assert "<path" in sketches_of(audit, [0]).drawn[0]


@pytest.mark.parametrize("images", [np.zeros((5, 9, 9)), np.eye(9)[None].repeat(2, 0)], ids=["equal", "two"])
def test_images_among_which_nothing_is_like_nothing_else_have_a_page(images):
    assert "<h1" in robustgen.audit(images, QUICK, n_folds=0)._page().html()


def test_vectors_are_not_drawn():
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)))
    assert sketches_of(robustgen.audit(rows, IsolationForest(random_state=0), n_folds=0), [0]) is None
