"""The divergences, against a library's and against numerical integration."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, kl_divergence

from robustgen.objectives.kl import mixture_kl_bound, standard_normal_kl


def gaussian(seed: int) -> MultivariateNormal:
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    mean = torch.randn(3, generator=generator, dtype=torch.float64)
    return MultivariateNormal(mean, root @ root.T + 0.1 * torch.eye(3, dtype=torch.float64))


PRIOR = MultivariateNormal(torch.zeros(3, dtype=torch.float64), torch.eye(3, dtype=torch.float64))


def our_kl(q: MultivariateNormal) -> torch.Tensor:
    return standard_normal_kl(q.mean, torch.linalg.eigvalsh(q.covariance_matrix))


@pytest.mark.parametrize("seed", range(3))
def test_the_divergence_is_the_librarys(seed):
    torch.testing.assert_close(our_kl(gaussian(seed)), kl_divergence(gaussian(seed), PRIOR))


def test_the_divergence_is_0_at_the_prior_only():
    assert standard_normal_kl(torch.zeros(4), torch.ones(4)) == 0
    assert standard_normal_kl(torch.zeros(4), torch.tensor([1.0, 1.0, 1.0, 0.9])) > 0


def test_the_divergence_is_infinite_for_a_singular_covariance():
    assert standard_normal_kl(torch.zeros(2), torch.tensor([1.0, 0.0])) == math.inf


def test_the_bound_lies_above_the_divergence_of_the_mixture():
    parts = [gaussian(0), gaussian(1)]
    mixture = MixtureSameFamily(
        Categorical(torch.tensor([0.8, 0.2], dtype=torch.float64)),
        MultivariateNormal(
            torch.stack([part.mean for part in parts]),
            torch.stack([part.covariance_matrix for part in parts]),
        ),
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        z = mixture.sample((100_000,))
    estimate = (mixture.log_prob(z) - PRIOR.log_prob(z)).mean()
    assert mixture_kl_bound((0.8, 0.2), torch.stack([our_kl(part) for part in parts])) > estimate


def test_the_bound_is_exact_for_one_component_and_for_equal_ones():
    kl = our_kl(gaussian(0))
    torch.testing.assert_close(mixture_kl_bound((1.0,), kl[None]), kl)
    torch.testing.assert_close(mixture_kl_bound((0.3, 0.7), torch.stack([kl, kl])), kl)
