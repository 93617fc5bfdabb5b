"""Terms against the formulas of their papers, written with loops."""

from __future__ import annotations

import pytest
import torch

from robustgen.objectives.errors import RECONSTRUCTION_ERRORS, cosine_dissimilarity, l21
from robustgen.objectives.subspace import orthogonality, subspace_deviation


@pytest.fixture
def rows() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=generator)
    return x, torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=generator)


FORMULAS = {
    "l2": lambda difference: (difference**2).sum(),
    "l1": lambda difference: difference.abs().sum(),
    "l21": lambda difference: (difference**2).sum().sqrt(),
}


@pytest.mark.parametrize("name", RECONSTRUCTION_ERRORS)
def test_reconstruction_errors_are_their_formulas(name, rows):
    x, y = rows
    errors = RECONSTRUCTION_ERRORS[name](x, y)
    for k in range(2):
        for i in range(3):
            torch.testing.assert_close(errors[k, i], FORMULAS[name](x[k, i] - y[k, i]))


def test_a_far_row_pulls_at_l21_with_bounded_force():
    x = torch.zeros(1, 2, 3, dtype=torch.float64)
    y = torch.tensor([[[1.0, 0, 0], [1e6, 0, 0]]], dtype=torch.float64, requires_grad=True)
    l21(x, y).sum().backward()
    torch.testing.assert_close(y.grad.norm(dim=-1), torch.ones(1, 2, dtype=torch.float64))


def test_l21_has_a_finite_gradient_at_a_perfect_reconstruction():
    x = torch.ones(1, 2, 3, requires_grad=True)
    l21(x, torch.ones(1, 2, 3)).sum().backward()
    assert not x.grad.any()


def test_cosine_dissimilarity_sees_directions_only(rows):
    x, y = rows
    torch.testing.assert_close(cosine_dissimilarity(x, y), cosine_dissimilarity(7 * x, 0.1 * y))
    torch.testing.assert_close(cosine_dissimilarity(x, x), torch.zeros(2, 3, dtype=torch.float64))
    torch.testing.assert_close(cosine_dissimilarity(x, -x), 2 * torch.ones(2, 3, dtype=torch.float64))
    torch.testing.assert_close(cosine_dissimilarity(x, 0 * x), torch.ones(2, 3, dtype=torch.float64))


def test_a_code_in_the_subspace_does_not_deviate(rows):
    basis = torch.linalg.qr(rows[0][:, 0].mT).Q.mT  # (2, 4, 5), orthonormal rows
    inside = torch.bmm(rows[1][:, 0, :, :4], basis)
    torch.testing.assert_close(
        subspace_deviation(inside, basis), torch.zeros(inside.shape[:2], dtype=torch.float64)
    )


def test_the_deviation_is_the_distance_to_the_subspace(rows):
    basis = torch.linalg.qr(rows[0][:, 0].mT).Q.mT
    z = rows[1][:, 1, :3]
    for k in range(2):
        for i in range(3):
            nearest = torch.linalg.lstsq(basis[k].T, z[k, i, :, None]).solution
            distance = (z[k, i] - (basis[k].T @ nearest)[:, 0]).norm()
            torch.testing.assert_close(subspace_deviation(z, basis)[k, i], distance)


def test_orthogonality_is_the_mean_square_over_the_entries(rows):
    A = rows[0][:, 0]
    for k in range(2):
        gap = A[k] @ A[k].T - torch.eye(4, dtype=torch.float64)
        torch.testing.assert_close(orthogonality(A)[k, 0], (gap**2).mean())
