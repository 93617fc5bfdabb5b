"""Plots onto a given axis: what they draw, what they refuse, and that nothing is imported for them before."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from robustgen import Autoencoder, plotting
from robustgen._checks import UsageError

X = np.random.default_rng(0).normal(size=(80, 4))


@pytest.fixture(scope="module")
def fitted():
    return Autoencoder(hidden_dims=(4,), epochs=3, n_members=2, random_state=0).fit(X)


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_a_histogram_counts_every_row_and_shows_the_threshold(fitted, ax):
    assert plotting.score_histogram(fitted, ax=ax) is ax
    assert sum(bar.get_height() for bar in ax.patches) == 80
    assert ax.lines[0].get_xdata()[0] == fitted.offset_
    assert "threshold, 8 below" in ax.get_legend().get_texts()[0].get_text()


def test_a_history_has_a_line_a_member(fitted, ax):
    plotting.history(fitted, ax=ax)
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), fitted.history_["objective"][:, 1])
    with pytest.raises(UsageError, match="the term 'loss', expected one of"):
        plotting.history(fitted, "loss", ax=ax)


def test_precision_and_recall_take_scores_whose_larger_is_normal(ax):
    plotting.precision_recall([0, 1, 1], [3.0, 1.0, 2.0], ax=ax)
    assert ax.get_title() == "average precision 1.00"
    for outlier, scores in (([0, 0], [1, 2]), ([1, 1], [1, 2]), ([0, 1], [1, 2, 3])):
        with pytest.raises(UsageError, match="rows of both kinds"):
            plotting.precision_recall(outlier, scores, ax=ax)


def test_bars_are_of_the_largest_contributions_by_name(fitted, ax):
    frame = pd.DataFrame(X, columns=["a", "$b_x$", "c", "d"])
    parts = Autoencoder(hidden_dims=(4,), epochs=1, n_members=1, random_state=0).fit(frame).explain(frame)
    plotting.explanation(parts, row=3, columns=2, ax=ax)
    best = parts.iloc[3].sort_values(ascending=False)
    labels = [label.get_text().replace("\\", "") for label in ax.get_yticklabels()]
    assert labels == list(best.index[:2])
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], best.to_numpy()[:2])


def test_maps_lie_over_images_of_their_size(ax):
    plotting.heat_map(np.ones((2, 4, 6)), image=np.ones((4, 6)), ax=ax)
    assert [one.get_array().shape for one in ax.images] == [(4, 6), (4, 6)]
    with pytest.raises(UsageError, match="expected one size"):
        plotting.heat_map(np.ones((4, 6)), image=np.ones((6, 4)), ax=ax)
    with pytest.raises(UsageError, match=r"expected \(H, W\)"):
        plotting.heat_map(np.ones(4), ax=ax)


def test_matplotlib_is_imported_when_something_is_drawn():
    code = "import sys, robustgen.plotting; print([m for m in ('matplotlib', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
