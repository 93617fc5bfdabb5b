"""The truncation, the mixture and its draws, against dense computations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from robustgen.nets.autoencoder import decoder_for, encoder_for
from robustgen.nets.members import initialise, member
from robustgen.nets.mixture import GaussianMixtureHead, MixtureShape
from robustgen.nets.truncation import spectral_truncation, top
from robustgen.nets.variational import VariationalNet

PAPER = MixtureShape(weights=(5 / 6, 1 / 6), ranks=(2, 4), floor=1.0)


def symmetric(*shape: int) -> torch.Tensor:
    M = torch.randn(*shape, shape[-1], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return M + M.mT


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_the_truncation_keeps_the_largest_eigenvalues(rank):
    M = symmetric(3, 5, 4)
    truncated, eigenvalues = spectral_truncation(M, top(4, rank))
    values, vectors = np.linalg.eigh(M.numpy())
    dense = np.einsum(
        "...ij,...j,...kj->...ik", vectors[..., -rank:], values[..., -rank:], vectors[..., -rank:]
    )
    np.testing.assert_allclose(truncated, dense, atol=1e-12)
    np.testing.assert_allclose(eigenvalues[..., -rank:], values[..., -rank:], atol=1e-12)
    assert (eigenvalues[..., :-rank] == 0).all()


def test_each_matrix_may_keep_its_own_number_of_eigenvalues():
    M = symmetric(3, 2, 4)
    both, _ = spectral_truncation(M, torch.stack([top(4, 1), top(4, 4)]))
    torch.testing.assert_close(both[:, 0], spectral_truncation(M[:, 0], top(4, 1))[0])
    torch.testing.assert_close(both[:, 1], M[:, 1])


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_the_gradient_of_the_truncation_is_the_derivative(rank):
    M = symmetric(2, 4).requires_grad_()

    def of_symmetric(free: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return spectral_truncation((free + free.mT) / 2, top(4, rank))

    # The guard at ties costs a relative 1e-6 where eigenvalues are as far apart as they are large.
    assert torch.autograd.gradcheck(of_symmetric, (M,), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "M", [torch.eye(4), torch.zeros(4, 4), torch.diag(torch.tensor([1.0, 1.0, 2.0, 2.0]))]
)
@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_the_gradient_is_finite_at_equal_eigenvalues(M, rank):
    M = M.clone().requires_grad_()
    truncated, eigenvalues = spectral_truncation(M, top(4, rank))
    truncated.sum().backward(inputs=[M], retain_graph=True)
    assert torch.isfinite(M.grad).all()
    assert M.grad.abs().max() <= 16
    eigenvalues.square().sum().backward(inputs=[M])
    assert torch.isfinite(M.grad).all()


def test_the_gradient_is_bounded_next_to_a_tie():
    M = torch.diag(torch.tensor([1.0, 1 + 1e-7])).requires_grad_()
    spectral_truncation(M, top(2, 1))[0].sum().backward()
    assert M.grad.abs().max() <= 501


def test_a_matrix_that_is_not_finite_gives_nan_and_no_error():
    truncated, eigenvalues = spectral_truncation(torch.tensor([[np.inf, 0.0], [0.0, 1.0]]), top(2, 1))
    assert truncated.isnan().all()
    assert eigenvalues.isnan().all()


def test_the_head_contracts_what_a_dense_computation_gives():
    head = GaussianMixtureHead(6, 4, PAPER, block_dim=8).double()
    features = torch.randn(1, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    posterior = head.posterior(features)
    blocks = head.blocks(features).view(5, 2, 2, 8)
    A = head.A[0]
    for row in range(5):
        for j, rank in enumerate(PAPER.ranks):
            M = A.T @ torch.diag(blocks[row, j, 1]) @ A
            values, vectors = torch.linalg.eigh(M)
            factor = vectors[:, -rank:] @ torch.diag(values[-rank:]) @ vectors[:, -rank:].T
            torch.testing.assert_close(posterior.means[0, row, j], A.T @ blocks[row, j, 0])
            torch.testing.assert_close(
                posterior.covariances[0, row, j], factor @ factor.T + torch.eye(4, dtype=torch.float64)
            )
    torch.testing.assert_close(posterior.means[:, :, 0], head(features))


def test_the_variances_are_the_eigenvalues_of_the_covariances():
    posterior = GaussianMixtureHead(6, 4, PAPER).double().posterior(torch.ones(1, 3, 6, dtype=torch.float64))
    dense = torch.linalg.eigvalsh(posterior.covariances)
    torch.testing.assert_close(posterior.variances.sort(-1).values, dense)


def test_draws_have_the_moments_of_their_component():
    head = GaussianMixtureHead(6, 2, MixtureShape((0.5, 0.5), (1, 2), 0.25))
    posterior = head.posterior(
        torch.randn(1, 1, 6, generator=torch.Generator().manual_seed(0)).expand(1, 40_000, 6)
    )
    noise = torch.randn(1, 40_000, 2, 2, generator=torch.Generator().manual_seed(1))
    for j in range(2):
        z = posterior.draw(torch.full((1, 40_000), j), noise)[0]
        torch.testing.assert_close(z.mean(0), posterior.means[0, 0, j], atol=0.02, rtol=0)
        torch.testing.assert_close(z.T.cov(), posterior.covariances[0, 0, j], atol=0.02, rtol=0)


def test_the_inliers_component_without_a_floor_is_singular():
    head = GaussianMixtureHead(6, 4, MixtureShape((0.5, 0.5), (2, 4), 0.0)).double()
    covariances = head.posterior(torch.ones(1, 3, 6, dtype=torch.float64)).covariances[0]
    assert torch.linalg.matrix_rank(covariances).tolist() == [[2, 4]] * 3


def build_net(draws: int = 0) -> VariationalNet:
    encoder = encoder_for((5,), (8, 6))
    head = GaussianMixtureHead(6, 2, MixtureShape((0.7, 0.3), (1, 2), 1.0), block_dim=4)
    return VariationalNet(encoder, head, decoder_for(2, (5,), (8, 6)), draws=draws)


def test_members_at_once_are_the_single_nets():
    nets = initialise(lambda: build_net(draws=3), seeds=[1, 2])
    x = torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(0))
    for k in range(2):
        alone = member(nets, k)
        torch.testing.assert_close(
            nets.posterior(x).covariances[k], alone.posterior(x[k : k + 1]).covariances[0]
        )
        torch.testing.assert_close(
            torch.stack(list(nets.inlier_codes(x)))[:, k],
            torch.stack(list(alone.inlier_codes(x[k : k + 1])))[:, 0],
        )


def test_drawn_codes_are_the_same_each_time_and_centred_on_the_mean():
    net = initialise(lambda: build_net(draws=4000), seeds=[0])
    x = torch.randn(1, 3, 5, generator=torch.Generator().manual_seed(0))
    codes = torch.stack(list(net.inlier_codes(x)))
    torch.testing.assert_close(codes, torch.stack(list(net.inlier_codes(x))), rtol=0, atol=0)
    torch.testing.assert_close(codes.mean(0), net.latent(x), atol=0.1, rtol=0)
    torch.testing.assert_close(codes[:, :, :1], torch.stack(list(net.inlier_codes(x[:, :1]))))


def test_without_draws_the_only_code_is_the_mean():
    net = initialise(build_net, seeds=[0])
    x = torch.ones(1, 3, 5)
    (code,) = net.inlier_codes(x)
    assert torch.equal(code, net.latent(x))
