"""The smallest covariance is found beside a dense clump, and is the textbook's where it is small."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.covariance import MinCovDet
from sklearn.metrics import roc_auc_score

from robustgen.densities.covariance import least_covariance
from robustgen.densities.gaussian import fit_gaussian


def dirty(width: int = 6, n_rows: int = 300, n_outliers: int = 60) -> torch.Tensor:
    rng = np.random.default_rng(0)
    inliers = rng.normal(size=(n_rows, width)) @ rng.normal(size=(width, width))
    return torch.from_numpy(np.vstack([inliers, 8 + 1.0 * rng.normal(size=(n_outliers, width))]))


def test_a_clump_of_outliers_is_far_where_a_plain_covariance_takes_it_in():
    rows, outlier = dirty(), np.arange(360) >= 300
    assert roc_auc_score(outlier, least_covariance(rows, 0.5, 0)) == 1
    assert roc_auc_score(outlier, fit_gaussian(rows, 0)(rows)) < 0.9


def test_it_ranks_as_scikit_learns_search_does():
    rows = dirty()
    expected = MinCovDet(support_fraction=0.5, random_state=0).fit(rows.numpy()).raw_support_
    found = least_covariance(rows, 0.5, 0) <= least_covariance(rows, 0.5, 0).quantile(0.5)
    assert (found.numpy() == expected).mean() > 0.9


@pytest.mark.parametrize("shape", [(20, 60), (3, 2), (2, 5)], ids=["wide", "few", "two"])
def test_few_rows_and_many_columns_work(shape):
    rows = torch.from_numpy(np.random.default_rng(0).normal(size=shape))
    assert least_covariance(rows, 0.5, 0).isfinite().all()


def test_equal_rows_and_constant_columns_work():
    rows = torch.ones(30, 4, dtype=torch.float64)
    rows[:, 0] = torch.arange(30)
    assert least_covariance(rows, 0.5, 0).isfinite().all()
    assert least_covariance(torch.ones(30, 4, dtype=torch.float64), 0.5, 0).isfinite().all()


def test_of_many_rows_a_sample_is_searched(monkeypatch):
    monkeypatch.setattr("robustgen.densities.covariance.MOST_ROWS", 200)
    assert roc_auc_score(np.arange(360) >= 300, least_covariance(dirty(), 0.5, 0)) == 1
