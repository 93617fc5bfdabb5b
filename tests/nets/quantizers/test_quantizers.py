"""What every quantizer promises, and the theorems of each."""

from __future__ import annotations

import math

import pytest
import torch

from robustgen.nets.members import initialise
from robustgen.nets.quantizers.base import look_up, perplexity, squared_distances, usage_counts
from robustgen.nets.quantizers.codebook import AveragedCodebook, Codebook
from robustgen.nets.quantizers.dual import DualQuantizer, covariance, inverse_weights
from robustgen.nets.quantizers.fsq import FiniteScalarQuantizer, even_levels
from robustgen.nets.quantizers.gaussian import (
    VARIANCES,
    GaussianQuantizer,
    gumbel_softmax,
    kl_from_uniform,
)
from robustgen.nets.quantizers.lfq import LookupFreeQuantizer, entropy_terms
from robustgen.nets.quantizers.nearest import NearestQuantizer
from robustgen.nets.quantizers.residual import ResidualQuantizer
from robustgen.nets.quantizers.rotation import rotated
from robustgen.nets.quantizers.simvq import LinearCodebook
from robustgen.nets.quantizers.vmf import VonMisesFisherQuantizer
from robustgen.objectives.codebooks.seeding import kmeans

N_CODES, CODE_DIM = 8, 3

QUANTIZERS = {
    "nearest": lambda: NearestQuantizer(Codebook(N_CODES, CODE_DIM)),
    "nearest, averages": lambda: NearestQuantizer(AveragedCodebook(N_CODES, CODE_DIM)),
    "rotation": lambda: NearestQuantizer(Codebook(N_CODES, CODE_DIM), rotated),
    "simvq": lambda: NearestQuantizer(LinearCodebook(N_CODES, CODE_DIM)),
    "residual": lambda: ResidualQuantizer(2, CODE_DIM, depth=3),
    "residual, averages": lambda: ResidualQuantizer(2, CODE_DIM, depth=3, updates="ema"),
    "fsq": lambda: FiniteScalarQuantizer([2, 2, 2]),
    "lfq": lambda: LookupFreeQuantizer(3),
    **{
        f"gaussian {name}": lambda name=name: GaussianQuantizer(N_CODES, CODE_DIM, variance=name)
        for name in VARIANCES
    },
    "vmf": lambda: VonMisesFisherQuantizer(N_CODES, CODE_DIM),
    "dual": lambda: DualQuantizer(N_CODES, CODE_DIM),
    "nearest, two slices": lambda: NearestQuantizer(Codebook(2 * N_CODES, CODE_DIM), n_slices=2),
    "nearest, averages, two slices": lambda: NearestQuantizer(
        AveragedCodebook(2 * N_CODES, CODE_DIM), n_slices=2
    ),
    **{
        f"gaussian {name}, two slices": lambda name=name: GaussianQuantizer(
            N_CODES, CODE_DIM, variance=name, n_slices=2
        )
        for name in VARIANCES
    },
    "vmf, two slices": lambda: VonMisesFisherQuantizer(N_CODES, CODE_DIM, n_slices=2),
    "dual, two slices": lambda: DualQuantizer(N_CODES, CODE_DIM, n_slices=2),
}
SLICED = {name.removesuffix(", two slices"): name for name in QUANTIZERS if name.endswith("slices")}
STOCHASTIC = [name for name in QUANTIZERS if name.startswith(("gaussian", "vmf"))]


@pytest.fixture(params=QUANTIZERS)
def build(request: pytest.FixtureRequest):
    return QUANTIZERS[request.param]


def latents(members: int = 1, rows: int = 5, positions: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(members, rows, positions, CODE_DIM, generator=generator, dtype=torch.float64)


def generators(members: int = 1) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(k) for k in range(members)]


def test_the_interface_is_one(build):
    quantizer = initialise(build, [0, 1]).double()
    for given in (None, generators(2)):
        quantised = quantizer(latents(2), given)
        assert quantised.latent.shape == (2, 5, 4, CODE_DIM)
        assert quantised.indices.shape == (2, 5, 4)
        assert quantised.indices.dtype == torch.int64
        assert all(rows.shape == (2, 5) for rows in quantised.terms.values())
        assert all((rows.mean(1) >= 0).all() for rows in quantised.terms.values())
        assert all((rows >= 0).all() for name, rows in quantised.terms.items() if name != "entropy")


def test_each_member_quantises_as_it_would_alone(build):
    z = latents(3)
    together = initialise(build, [3, 4, 5]).double()(z, generators(3))
    for k in range(3):
        alone = initialise(build, [3 + k]).double()(z[k : k + 1], generators(3)[k : k + 1])
        torch.testing.assert_close(together.latent[k], alone.latent[0])
        assert torch.equal(together.indices[k], alone.indices[0])


def test_without_draws_a_position_becomes_the_code_of_its_index(build):
    quantizer = initialise(build, [0]).double().eval()
    quantised = quantizer(latents())
    torch.testing.assert_close(quantised.latent, quantizer.decode(quantised.indices))


OF_ANY_POSITION = [
    name for name in QUANTIZERS if not name.startswith(("fsq", "residual")) and not name.endswith("slices")
]


@pytest.mark.parametrize("name", OF_ANY_POSITION)
def test_a_code_is_quantised_as_itself(name):
    quantizer = initialise(QUANTIZERS[name], [0]).double().eval()
    codes = quantizer.decode(torch.arange(N_CODES)[None, :, None])
    assert torch.equal(quantizer(codes).indices[0, :, 0], torch.arange(N_CODES))


@pytest.mark.parametrize("name", SLICED)
def test_slices_are_quantised_as_if_each_were_alone(name):
    """What a slice's table gives for its positions, by its own codes; an index counts through all tables."""
    z, whole = latents(2), initialise(QUANTIZERS[SLICED[name]], [0, 1]).double().eval()
    quantised = whole(z)
    of_slice = {}
    for place in (0, 1):
        alone = initialise(QUANTIZERS[name], [2, 3]).double().eval()
        for book, table in zip(alone.codebooks(), whole.codebooks(), strict=True):
            codes = table.codes[:, place * N_CODES : (place + 1) * N_CODES].detach()
            book.replace(torch.ones(2, N_CODES, dtype=torch.bool), codes)
        for key in ("log_variance", "log_kappa"):
            if hasattr(whole, key):
                getattr(alone, key).data.copy_(getattr(whole, key))
        of_slice[place] = alone(z[:, :, place::2])
        torch.testing.assert_close(quantised.latent[:, :, place::2], of_slice[place].latent)
        assert torch.equal(quantised.indices[:, :, place::2], of_slice[place].indices + place * N_CODES)
    for key, rows in quantised.terms.items():
        parts = of_slice[0].terms[key] + of_slice[1].terms[key]
        torch.testing.assert_close(rows, parts if name in STOCHASTIC else parts / 2)


def test_moving_averages_of_a_slice_learn_from_its_positions_alone():
    z, whole = latents(), initialise(QUANTIZERS["nearest, averages, two slices"], [0]).double()
    before = whole.codebook.codes.clone()
    whole(torch.cat([z, torch.full_like(z, 1e6)], dim=-2)[:, :, [0, 4, 1, 5]])  # the second slice is far away
    moved = (whole.codebook.codes - before).abs().amax(-1)[0]
    assert moved[:N_CODES].max() < 10
    assert (moved[N_CODES:] > 1000).sum() == 1


def test_a_slice_replaces_its_own_codes_alone():
    quantizer = initialise(QUANTIZERS["nearest, two slices"], [0])
    before = quantizer.codebook.codes.detach().clone()
    quantizer.slices()[1].replace(
        torch.tensor([[True] + 7 * [False]]), torch.full((1, N_CODES, CODE_DIM), 9.0)
    )
    changed = (quantizer.codebook.codes != before).any(-1)[0]
    assert changed.nonzero().flatten().tolist() == [N_CODES]


def test_the_weights_of_a_slice_follow_from_its_codes():
    whole, counts = initialise(QUANTIZERS["dual, two slices"], [0]).double(), torch.ones(1, 4, N_CODES)
    codes = whole.inlier.codes.detach().clone()
    codes[:, N_CODES:, 0] *= 100
    whole.inlier.replace(torch.ones(1, 2 * N_CODES, dtype=torch.bool), codes)
    whole.refresh(counts)
    alone = initialise(QUANTIZERS["dual"], [0]).double()
    alone.inlier.replace(torch.ones(1, N_CODES, dtype=torch.bool), codes[:, :N_CODES])
    alone.refresh(torch.ones(1, 2, N_CODES))
    torch.testing.assert_close(whole.maps[:, 0, 0], alone.maps[:, 0, 0])
    assert whole.maps[0, 0, 1, 0, 0] < 0.1 < whole.maps[0, 0, 0, 0, 0]


def test_distances_are_those_of_brute_force():
    z, codes = latents(2), torch.randn(2, N_CODES, CODE_DIM, dtype=torch.float64)
    expected = (z[:, :, :, None] - codes[:, None, None]).square().sum(-1)
    torch.testing.assert_close(squared_distances(z, codes), expected)


def test_half_precision_is_left_for_distances():
    z, codes = latents().float(), torch.randn(1, N_CODES, CODE_DIM)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert squared_distances(z.bfloat16(), codes).dtype == torch.float32


def test_beta_never_reaches_the_codes():
    z = latents().requires_grad_()
    quantizer = initialise(QUANTIZERS["nearest"], [0]).double()
    quantised = quantizer(z)
    weighed = [
        torch.autograd.grad(
            (quantised.terms["codebook"] + beta * quantised.terms["commitment"]).sum(),
            [quantizer.codebook.codes, z],
            retain_graph=True,
        )
        for beta in (0.25, 4.0)
    ]
    assert torch.equal(weighed[0][0], weighed[1][0])
    torch.testing.assert_close(16 * weighed[0][1], weighed[1][1])


def test_the_gradient_goes_straight_through():
    z = latents().requires_grad_()
    weights = torch.randn_like(z)
    quantised = initialise(QUANTIZERS["nearest"], [0]).double()(z)
    (gradient,) = torch.autograd.grad((quantised.latent * weights).sum(), z)
    assert torch.equal(gradient, weights)


@pytest.mark.parametrize("name", ["lfq", "residual"])
def test_the_gradient_goes_straight_through_signs_and_sums_too(name):
    z = latents().requires_grad_()
    quantised = initialise(QUANTIZERS[name], [0]).double()(z)
    (gradient,) = torch.autograd.grad((quantised.latent * latents()).sum(), z)
    torch.testing.assert_close(gradient, latents())


def test_the_rotation_trick_turns_a_latent_onto_its_code_and_scales_it():
    z, code = torch.randn(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    jacobian = torch.autograd.functional.jacobian(lambda x: rotated(x, code), z)
    torch.testing.assert_close(rotated(z, code), code)
    torch.testing.assert_close(jacobian @ z, code)
    ratio = code.norm() / z.norm()
    torch.testing.assert_close(jacobian.T @ jacobian, ratio**2 * torch.eye(5, dtype=torch.float64))


def test_the_rotation_trick_keeps_the_gradient_of_a_code_that_it_is_on():
    z = latents().requires_grad_()
    (gradient,) = torch.autograd.grad((rotated(z, z.detach()) * latents()).sum(), z)
    torch.testing.assert_close(gradient, latents())


@pytest.mark.parametrize("code", [-1.0, 0.0])
def test_the_rotation_trick_is_finite_for_opposite_codes_and_none(code):
    z = latents().requires_grad_()
    quantised = rotated(z, code * z.detach())
    torch.testing.assert_close(quantised, code * z.detach())
    assert torch.isfinite(torch.autograd.grad(quantised.sum(), z)[0]).all()


def test_one_selected_code_moves_all_codes_of_simvq():
    quantizer = initialise(QUANTIZERS["simvq"], [0]).double()
    before = quantizer.codebook.codes.detach().clone()
    quantizer(latents()[:, :1, :1]).terms["codebook"].sum().backward()
    assert [name for name, _ in quantizer.named_parameters()] == ["codebook.weight"]
    with torch.no_grad():
        quantizer.codebook.weight -= 0.1 * quantizer.codebook.weight.grad
    assert ((quantizer.codebook.codes - before).abs().sum(-1) > 0).all()


def test_a_first_stage_alone_is_the_nearest_quantizer():
    single = initialise(lambda: ResidualQuantizer(N_CODES, CODE_DIM, depth=1), [0]).double()
    nearest = NearestQuantizer(single.stages[0])
    one, other = single(latents()), nearest(latents())
    torch.testing.assert_close(one.latent, other.latent)
    assert torch.equal(one.indices, other.indices)
    torch.testing.assert_close(one.terms, other.terms)


def test_the_digits_of_an_index_are_the_codes_of_the_stages():
    quantizer = initialise(lambda: ResidualQuantizer(3, CODE_DIM, depth=4), [0, 1]).double()
    indices = torch.arange(81).expand(2, 1, 81)
    digits = quantizer.digits(indices)
    assert torch.equal(sum(digit * 3 ** (3 - m) for m, digit in enumerate(digits)), indices)
    torch.testing.assert_close(look_up(quantizer.codebooks()[0].codes, indices), quantizer.decode(indices))


def test_the_error_falls_with_every_stage_of_centres():
    z = latents(rows=200)
    left, errors = z, [float(z.square().mean())]
    for stage in initialise(lambda: ResidualQuantizer(4, CODE_DIM, depth=4), [0]).double().stages:
        points = left.flatten(1, 2)
        stage.codes.data.copy_(kmeans(points, 4, generators(), torch.ones_like(points[..., 0]))[0])
        left = z - NearestQuantizer(stage)(left).latent.detach() - (z - left)
        errors.append(float(left.square().mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 10


@pytest.mark.parametrize("levels", [[2], [3, 4], [8, 6, 5]])
def test_every_level_is_reached_and_is_where_its_index_says(levels):
    quantizer = initialise(lambda: FiniteScalarQuantizer(levels), [0]).double().eval()
    assert quantizer.n_codes == math.prod(levels)
    indices = torch.arange(quantizer.n_codes)[None, :, None]
    codes = quantizer.decode(indices)
    scales, offsets = quantizer.scales.double(), quantizer.offsets.double()
    reached = (codes * quantizer.half_widths + offsets) / scales
    z = torch.atanh(reached) - torch.atanh(offsets / scales)
    torch.testing.assert_close(quantizer(z).latent, codes)
    assert torch.equal(quantizer(z).indices, indices)
    assert codes.min() == -1
    assert quantizer(torch.zeros_like(z[:, :1])).latent.abs().max() == 0


def test_the_gradient_passes_rounding_and_not_the_bound():
    quantizer = initialise(lambda: FiniteScalarQuantizer([5, 4, 3]), [0]).double()
    z = latents().requires_grad_()
    (passed,) = torch.autograd.grad(quantizer(z).latent.sum(), z)
    (bounded,) = torch.autograd.grad((quantizer.bound(z) / quantizer.half_widths).sum(), z)
    torch.testing.assert_close(passed, bounded)


@pytest.mark.parametrize("n_codes", [2, 3, 8, 9, 64, 240, 1000, 4096])
def test_levels_are_few_and_their_product_is_near(n_codes):
    levels = even_levels(n_codes)
    assert 2 <= min(levels) <= max(levels) <= 8
    assert n_codes / 2 < math.prod(levels) <= n_codes
    assert max(levels) - min(levels) <= 1


def test_an_index_is_the_bits_of_the_signs():
    z = latents(rows=50)
    expected = ((z > 0) * torch.tensor([4, 2, 1])).sum(-1)
    quantised = initialise(QUANTIZERS["lfq"], [0]).double()(z)
    assert torch.equal(quantised.indices, expected)
    assert torch.equal(quantised.latent, z.sign())


def test_the_entropy_term_has_the_value_and_the_gradient_of_the_paper():
    logits = torch.randn(1, 5, 4, N_CODES, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    logits.requires_grad_()
    log_p = torch.log_softmax(logits, -1)
    p = log_p.exp()
    paper = (
        math.log(N_CODES) + torch.special.entr(p).sum(-1).mean() - torch.special.entr(p.mean((1, 2))).sum()
    )
    rows = entropy_terms(log_p).mean()
    torch.testing.assert_close(rows, paper)
    ours, theirs = (torch.autograd.grad(value, logits, retain_graph=True)[0] for value in (rows, paper))
    torch.testing.assert_close(ours, theirs)


def test_averages_are_those_of_the_paper():
    book = initialise(lambda: AveragedCodebook(N_CODES, CODE_DIM, decay=0.9), [0]).double()
    z, indices = latents(), torch.randint(3, (1, 5, 4), generator=torch.Generator().manual_seed(1))
    start = book.codes.clone()
    book.observe(z, indices)
    for n in range(N_CODES):
        held = z[indices == n]
        mass = 0.9 + 0.1 * len(held)
        expected = (0.9 * start[0, n] + 0.1 * held.sum(0)) / mass
        torch.testing.assert_close(book.codes[0, n], expected)


def test_a_code_that_nothing_selects_stays_where_it_is():
    book = initialise(lambda: AveragedCodebook(2, CODE_DIM), [0])
    start = book.codes.clone()
    z = latents().float()
    for _ in range(10_500):
        book.observe(z, torch.zeros(1, 5, 4, dtype=torch.int64))
    assert torch.equal(book.codes[0, 1], start[0, 1])
    assert torch.isfinite(book.codes).all()


def test_a_revived_code_starts_anew_in_all_its_averages():
    book = initialise(lambda: AveragedCodebook(2, CODE_DIM, decay=0.5), [0])
    z = latents().float()
    for _ in range(50):
        book.observe(z, torch.zeros(1, 5, 4, dtype=torch.int64))
    new = torch.full((1, 2, CODE_DIM), 7.0)
    book.replace(torch.tensor([[False, True]]), new)
    book.observe(z, torch.zeros(1, 5, 4, dtype=torch.int64))
    torch.testing.assert_close(book.codes[0, 1], new[0, 1])


@pytest.mark.parametrize("name", STOCHASTIC)
def test_kl_lies_between_0_and_log_n(name):
    quantizer = initialise(QUANTIZERS[name], [0]).double()
    kl = quantizer(10 * latents()).terms["kl"] / 4
    assert (kl >= 0).all()
    assert (kl <= math.log(N_CODES) + 1e-12).all()


def test_kl_is_that_of_the_definition():
    log_p = torch.log_softmax(torch.randn(5, N_CODES, dtype=torch.float64), -1)
    expected = (log_p.exp() * (log_p + math.log(N_CODES))).sum(-1)
    torch.testing.assert_close(kl_from_uniform(log_p), expected)


def test_a_probability_that_underflows_has_a_gradient():
    logits = torch.tensor([0.0, -300.0, -5.0], requires_grad=True)
    log_p = torch.log_softmax(logits, -1)
    assert log_p.exp()[1] == 0
    kl_from_uniform(log_p).backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("name", VARIANCES)
def test_entropy_falls_to_0_with_the_variance_and_rises_to_log_n(name):
    quantizer = initialise(QUANTIZERS[f"gaussian {name}"], [0]).double()
    entropies = []
    for log_variance in (-12.0, -3.0, 0.0, 3.0, 12.0):
        quantizer.log_variance.data.fill_(log_variance)
        log_p = quantizer.log_probabilities(latents())
        entropies.append(float(torch.special.entr(log_p.exp()).sum(-1).mean().detach()))
    assert entropies == sorted(entropies)
    assert entropies[0] < 0.01
    assert entropies[-1] == pytest.approx(math.log(N_CODES), rel=1e-3)


@pytest.mark.parametrize("name", VARIANCES)
def test_probabilities_are_those_of_the_formula(name):
    quantizer = initialise(QUANTIZERS[f"gaussian {name}"], [0]).double()
    if quantizer.head is not None:
        quantizer.head.weight.data.normal_(generator=torch.Generator().manual_seed(0))
    z = latents()
    gaps = (z[:, :, :, None] - quantizer.codebook.codes[:, None, None]).square()
    expected = torch.log_softmax(-(gaps * quantizer.precision(z)[:, :, :, None]).sum(-1) / 2, -1)
    torch.testing.assert_close(quantizer.log_probabilities(z), expected)


def test_type_i_can_fall_below_1():
    quantizer = initialise(QUANTIZERS["gaussian I"], [0])
    quantizer.log_variance.data.fill_(-20.0)
    assert float(quantizer.precision(latents()).detach()) > 1e6


@pytest.mark.parametrize("name", STOCHASTIC)
def test_soft_draws_harden_as_the_temperature_falls(name):
    log_p = torch.log_softmax(torch.randn(1, 5, 4, N_CODES, dtype=torch.float64), -1)
    soft = gumbel_softmax(log_p, torch.tensor([[1e-4]], dtype=torch.float64), generators())
    torch.testing.assert_close(
        soft.max(-1).values, torch.ones(1, 5, 4, dtype=torch.float64), atol=1e-3, rtol=0
    )
    quantizer = initialise(QUANTIZERS[name], [0]).double()
    before = float(quantizer.steps)
    quantizer(latents(), generators())
    assert float(quantizer.steps) == before + 1


def test_draws_follow_the_probabilities():
    log_p = torch.tensor([0.1, 0.2, 0.7]).log().expand(1, 1000, 20, 3)
    hard = gumbel_softmax(log_p, torch.tensor([[1e-3]]), generators()).argmax(-1)
    shares = usage_counts(hard, 3)[0] / 20_000
    torch.testing.assert_close(shares, torch.tensor([0.1, 0.2, 0.7]), atol=0.02, rtol=0)


def test_the_sphere_holds_codes_and_latents():
    quantizer = initialise(QUANTIZERS["vmf"], [0]).double().eval()
    torch.testing.assert_close(
        quantizer(latents()).latent.norm(dim=-1), torch.ones(1, 5, 4, dtype=torch.float64)
    )
    assert torch.equal(quantizer(latents()).indices, quantizer(5 * latents()).indices)


@pytest.mark.parametrize("directions", ["axes", "none"])
def test_weighted_distances_are_those_of_brute_force(directions):
    quantizer = initialise(lambda: DualQuantizer(N_CODES, CODE_DIM, directions=directions), [0, 1]).double()
    counts = torch.rand(2, 2, N_CODES, dtype=torch.float64)
    quantizer.refresh(counts)
    z = latents(2)
    for member in range(2):
        for side, book in enumerate(quantizer.codebooks()):
            codes = book.codes[member].detach()
            shares = counts[member, side] / counts[member, side].sum()
            mean = (shares[:, None] * codes).sum(0)
            S = sum(w * torch.outer(c - mean, c - mean) for w, c in zip(shares, codes, strict=True))
            variances = S.diagonal()
            w = 1 / (variances + 1e-2 * variances.mean())
            w = torch.ones_like(w) if directions == "none" else w / w.mean()
            gaps = z[member][:, :, None] - codes
            expected = (gaps.square() * w).sum(-1).min(-1).values.mean(-1)
            torch.testing.assert_close(quantizer.distances(z)[member, :, side].detach(), expected)


def test_weights_have_mean_1_and_punish_thin_directions():
    weights = inverse_weights(torch.tensor([[1.0, 4.0, 1e-9]], dtype=torch.float64))
    assert float(weights.mean()) == pytest.approx(1)
    assert weights[0].argsort().tolist() == [1, 0, 2]
    torch.testing.assert_close(inverse_weights(torch.zeros(1, 3)), torch.ones(1, 3))


def test_covariance_is_the_weighted_one():
    codes, counts = torch.randn(2, N_CODES, CODE_DIM, dtype=torch.float64), torch.arange(16.0).view(2, 8) + 1
    for k in range(2):
        expected = torch.cov(codes[k].T, fweights=counts[k].long(), correction=0)
        torch.testing.assert_close(covariance(codes, counts.double())[k], expected)


def test_each_row_takes_the_codebook_of_its_set():
    quantizer = initialise(QUANTIZERS["dual"], [0]).double()
    outlying = torch.tensor([[True, False, False, True, False]])
    indices = quantizer(latents(), outlying=outlying).indices
    assert torch.equal((indices >= N_CODES).all(-1), outlying)
    assert torch.equal((indices >= N_CODES).any(-1), outlying)
    terms = quantizer(latents(), outlying=torch.ones_like(outlying)).terms
    inlier, outlier = torch.autograd.grad(
        terms["codebook"].sum(), [book.codes for book in quantizer.codebooks()]
    )
    assert not inlier.any()
    assert outlier.any()


def test_swapping_exchanges_the_two_sides():
    quantizer = initialise(QUANTIZERS["dual"], [0, 1]).double()
    quantizer.refresh(torch.rand(2, 2, N_CODES, dtype=torch.float64))
    before = quantizer.distances(latents(2)).detach()
    quantizer.swap(torch.tensor([False, True]))
    after = quantizer.distances(latents(2)).detach()
    torch.testing.assert_close(after[0], before[0])
    torch.testing.assert_close(after[1], before[1].flip(-1))


def test_a_snapshot_is_restored_for_the_marked_members_alone():
    quantizer = initialise(QUANTIZERS["dual"], [0, 1]).double()
    quantizer.refresh(torch.rand(2, 2, N_CODES, dtype=torch.float64))
    snapshot, before = quantizer.snapshot(), quantizer.distances(latents(2)).detach()
    for book in quantizer.codebooks():
        book.codes.data += 1.0
    quantizer.refresh(torch.rand(2, 2, N_CODES, dtype=torch.float64))
    later = quantizer.distances(latents(2)).detach()
    quantizer.restore(torch.tensor([False, True]), snapshot)
    after = quantizer.distances(latents(2)).detach()
    assert torch.equal(after[0], later[0])
    torch.testing.assert_close(after[1], before[1])


def test_perplexity_counts_the_codes_in_effect():
    assert float(perplexity(torch.full((1, 7), 3.0))) == pytest.approx(7)
    assert float(perplexity(torch.tensor([[5.0, 0.0, 0.0]]))) == pytest.approx(1)
