"""The models of a reference sample are the textbook's, and their scores have no unit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.covariance import OAS
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from robustgen.densities.ensemble import MODELS, MODELS_OF_ALL, fit_ensemble, fit_score_normalisation
from robustgen.densities.gaussian import fit_gaussian
from robustgen.densities.mixture import FLOOR, fit_gaussian_mixture
from robustgen.densities.neighbours import Neighbours, OtherNeighbours, mean_distance_to_others


def rows(n_rows: int = 200, width: int = 6, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.normal(size=(n_rows, width)) @ rng.normal(size=(width, width)))


@pytest.mark.parametrize("shape", [(200, 6), (20, 6), (12, 30)], ids=["many rows", "few rows", "wide"])
def test_the_gaussian_is_the_mahalanobis_distance_of_scikit_learns_shrunk_covariance(shape):
    sample, others = rows(*shape), rows(*shape, seed=1)
    expected = OAS().fit(sample.numpy()).mahalanobis(others.numpy())
    np.testing.assert_allclose(fit_gaussian(sample, 0)(others).square().numpy(), expected, rtol=1e-6)


def test_a_mixture_of_one_component_is_a_normal_density():
    sample, others = rows(59, 6), rows(40, 6, seed=1)  # too few rows for two components
    covariance = np.cov(sample.numpy().T, bias=True) + FLOOR * np.eye(6)
    expected = -multivariate_normal(sample.numpy().mean(0), covariance).logpdf(others.numpy())
    np.testing.assert_allclose(fit_gaussian_mixture(sample, 0)(others).numpy(), expected, rtol=1e-9)


def test_beside_its_axes_the_mixture_counts_squared_distances():
    sample = rows(300, 40)
    model = fit_gaussian_mixture(sample, 0)
    beside = torch.from_numpy(PCA(40).fit(sample.numpy()).components_[-1:])
    steps = torch.tensor([[0.0], [1.0], [2.0]], dtype=torch.float64)
    costs = model(model.mean + steps * beside)
    torch.testing.assert_close(costs - costs[0], steps[:, 0].square())


def test_more_rows_allow_more_components_and_the_density_follows_the_clusters():
    centres = torch.tensor([[-8.0, 0.0], [0.0, 0.0], [8.0, 0.0]], dtype=torch.float64)
    sample = torch.cat([centre + 0.3 * rows(100, 2) for centre in centres])
    at, between = fit_gaussian_mixture(sample, 0)(torch.stack([centres[2], (centres[1] + centres[2]) / 2]))
    assert at < between


def test_the_distance_to_neighbours_is_scikit_learns():
    sample, others = rows(), rows(50, seed=1)
    expected = NearestNeighbors(n_neighbors=5).fit(sample).kneighbors(others)[0].mean(1)
    np.testing.assert_allclose(Neighbours(sample)(others).numpy(), expected)


def test_a_row_is_not_its_own_neighbour():
    sample = rows()
    expected = NearestNeighbors(n_neighbors=7).fit(sample).kneighbors()[0].mean(1)
    everyone = torch.ones(200, dtype=torch.bool)
    np.testing.assert_allclose(mean_distance_to_others(sample, everyone, 7).numpy(), expected)
    half = torch.arange(200) % 2 == 0
    outside = NearestNeighbors(n_neighbors=7).fit(sample[half]).kneighbors(sample[~half])[0].mean(1)
    np.testing.assert_allclose(mean_distance_to_others(sample, half, 7)[~half].numpy(), outside)


def test_grades_have_no_unit_and_keep_the_order():
    errors = rows()[:, 0].exp()
    scores = fit_score_normalisation(errors)(errors)
    torch.testing.assert_close(fit_score_normalisation(3 * errors + 7)(3 * errors + 7), scores)
    assert (scores.argsort() == errors.argsort()).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_model_sees_the_reference_only_and_no_unit_of_a_column(name):
    sample, others = rows(), rows(50, seed=1)
    kept = torch.arange(200) < 120
    scores = fit_ensemble(sample, kept, [name], seed=0)(others)
    units = torch.tensor([1e-3, 1.0, 5.0, 1e3, 2.0, 9.0], dtype=torch.float64)
    torch.testing.assert_close(fit_ensemble(sample * units, kept, [name], seed=0)(others * units), scores)
    moved = torch.where(kept[:, None], sample, sample + 3)
    model = fit_ensemble(moved, kept, [name], seed=0)
    torch.testing.assert_close(
        model.members[0].model(others),
        fit_ensemble(sample, kept, [name], seed=0).members[0].model(others),
    )


@pytest.mark.parametrize("n_rows", [60, 200, 500])
def test_a_row_alone_is_no_cluster(n_rows):
    """Expectation maximisation gives a far row a component of its own, which would make it likely."""
    rows = torch.from_numpy(np.random.default_rng(0).normal(size=(n_rows, 3)))
    rows[0, 1] = 30.0
    assert fit_gaussian_mixture(rows, seed=0)(rows).argmax() == 0


def test_a_model_of_all_rows_sees_them_all():
    sample, kept = rows(), torch.arange(200) < 120
    moved = torch.where(kept[:, None], sample, sample + 3)
    for name in MODELS_OF_ALL:
        (member,) = fit_ensemble(moved, kept, [name], seed=0).members
        (other,) = fit_ensemble(moved, torch.ones_like(kept), [name], seed=0).members
        torch.testing.assert_close(member(sample), other(sample))


def test_an_ensemble_knows_the_weights_of_its_members():
    ensemble = fit_ensemble(
        rows(), torch.arange(200) < 120, ["gaussian", "all_gaussian"], 0, weights={"all_gaussian": 0.25}
    )
    assert ensemble.weights == (1.0, 0.25)


def test_others_are_the_neighbours_of_scikit_learn_that_leave_a_row_out():
    sample, others = rows(), rows(50, seed=1)
    expected = NearestNeighbors(n_neighbors=5).fit(sample)
    model = OtherNeighbours(sample)
    np.testing.assert_allclose(model(sample).numpy(), expected.kneighbors()[0].mean(1))
    np.testing.assert_allclose(model(others).numpy(), expected.kneighbors(others)[0].mean(1))
