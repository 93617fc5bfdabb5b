"""Reservoir, seeds, schedule and sets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import nn

from robustgen._checks import UsageError
from robustgen.nets.code_maps import VectorCodeDecoder, VectorCodeEncoder
from robustgen.nets.members import initialise
from robustgen.nets.quantizers.codebook import Codebook
from robustgen.nets.quantizers.dual import DualQuantizer
from robustgen.nets.quantizers.nearest import NearestQuantizer
from robustgen.nets.vector_quantised import VectorQuantisedNet
from robustgen.objectives.codebooks.inlier_sets import (
    MOST_OUTLIERS,
    Anchors,
    InlierSets,
    SetRules,
    outlying,
    worst,
)
from robustgen.objectives.codebooks.maintenance import CodebookMaintenance, pick
from robustgen.objectives.codebooks.reservoir import Reservoir
from robustgen.objectives.codebooks.schedule import CodebookTraining
from robustgen.objectives.codebooks.seeding import kmeans, kmeans_plus_plus
from robustgen.objectives.quantisation import (
    VectorQuantisation,
    free_variance_likelihood,
    mean_squared_error,
)
from robustgen.objectives.robust_quantisation import RobustVectorQuantisation
from robustgen.training import TrainingConfig, train
from robustgen.training.rows import place_rows
from robustgen.training.scaling import fit_scaling


def generators(members: int = 1) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(k) for k in range(members)]


def rows_of(X: np.ndarray):
    return place_rows(X, fit_scaling(X, None), torch.device("cpu"), torch.float32)


def test_every_latent_of_a_stream_is_as_likely_to_be_kept():
    members, stream = 400, torch.arange(30.0).view(1, 30, 1)
    reservoir, draws = Reservoir(capacity=6), generators(members)
    for part in stream.expand(members, -1, -1).split(4, dim=1):
        reservoir.add(part, draws)
    kept, held = reservoir.sample()
    assert held.all()
    assert all(len(set(row.tolist())) == 6 for row in kept[..., 0])
    assert chisquare(np.bincount(kept.long().flatten(), minlength=30)).pvalue > 1e-3


def test_a_reservoir_keeps_what_it_may_take_only():
    reservoir = Reservoir(capacity=8)
    points = torch.arange(20.0).view(1, 20, 1)
    reservoir.add(points, generators(), taken=points[..., 0] < 5)
    kept, held = reservoir.sample()
    assert sorted(kept[held].flatten().tolist()) == [0, 1, 2, 3, 4]


def test_seeds_are_points_and_cover_far_clusters():
    centres = torch.tensor([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [100.0, 100.0]])
    points = (centres.repeat(25, 1) + torch.rand(100, 2, generator=torch.Generator().manual_seed(0)))[None]
    seeds = kmeans_plus_plus(points, 4, generators())
    assert {tuple(row) for row in (seeds[0] / 100).floor().tolist()} == {(0, 0), (1, 0), (0, 1), (1, 1)}
    assert all((row == points[0]).all(1).any() for row in seeds[0])


def test_seeding_works_with_fewer_points_than_seeds_and_none_that_counts():
    points = torch.ones(1, 3, 2)
    assert torch.equal(kmeans_plus_plus(points, 5, generators()), torch.ones(1, 5, 2))
    assert torch.equal(kmeans_plus_plus(points, 2, generators(), torch.zeros(1, 3)), torch.ones(1, 2, 2))


def test_kmeans_lowers_its_objective_and_ignores_weightless_points():
    points = torch.randn(1, 200, 2, generator=torch.Generator().manual_seed(0))
    weights = (points[..., 0] > 0).float()
    cost = []
    for iterations in (0, 1, 10):
        centres, _ = kmeans(points, 5, generators(), weights, iterations=iterations)
        least = torch.cdist(points, centres).min(-1).values.square()
        cost.append(float((weights * least).sum()))
    assert cost[0] > cost[1] > cost[2]
    _, masses = kmeans(points, 5, generators(), weights)
    assert float(masses.sum()) == float(weights.sum())


def test_picks_are_uniform_over_what_is_held():
    points, held = torch.arange(4.0).view(1, 4, 1), torch.tensor([[True, False, True, True]])
    picked = pick(points, held, 3000, generators()).flatten().long()
    counts = np.bincount(picked, minlength=4)
    assert counts[1] == 0
    assert chisquare(counts[[0, 2, 3]]).pvalue > 1e-3


def test_half_precision_leaves_every_point_a_chance_to_be_picked():
    places = torch.arange(5000)
    points = torch.stack([places // 100, places % 100], dim=-1)[None].bfloat16()
    picked = pick(points, torch.ones(1, 5000, dtype=torch.bool), 5000, generators())
    assert len(picked[0].unique(dim=0)) == pytest.approx(5000 * (1 - np.exp(-1)), rel=0.05)


def test_a_schedule_is_settled_once_it_changes_nothing_more():
    assert CodebookTraining().settled(0)
    late = CodebookTraining(bypass_epochs=3)
    assert [epoch for epoch in range(9) if late.settled(epoch)] == [*range(3, 9)]
    reseeded = CodebookTraining(bypass_epochs=2, reseed_until=5)
    assert [epoch for epoch in range(9) if reseeded.settled(epoch)] == [*range(4, 9)]
    assert not any(reseeded.reseeds(epoch) for epoch in range(5, 9))


def test_the_schedule_bypasses_then_reseeds_then_revives():
    schedule = CodebookTraining(bypass_epochs=2, reseed_until=5, revive_below=0.1)
    assert [schedule.reseeds(epoch) for epoch in range(7)] == [False, False, True, True, True, False, False]
    assert [schedule.revives(epoch) for epoch in range(7)] == [False] * 5 + [True, True]
    assert [schedule.samples(epoch) for epoch in range(7)] == [False] + [True] * 6
    plain = CodebookTraining()
    assert not any(plain.reseeds(epoch) or plain.revives(epoch) or plain.samples(epoch) for epoch in range(9))


@pytest.mark.parametrize(
    "wrong",
    [
        *({"lr_factor": 0}, {"bypass_epochs": -1}, {"reservoir_size": 0}, {"revive_below": 1.0}),
        *({"lr_factor": "high"}, {"bypass_epochs": 1.5}, {"reseed_until": None}, {"revive_below": "few"}),
    ],
)
def test_a_schedule_out_of_range_is_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        CodebookTraining(**wrong)


def maintenance_of(schedule: CodebookTraining):
    book = initialise(lambda: Codebook(4, 2), [0])
    strength = torch.ones(1, 1)
    return book, strength, CodebookMaintenance([book], strength, schedule)


def test_reseeding_replaces_all_codes_by_latents_of_the_last_epoch():
    book, strength, maintenance = maintenance_of(CodebookTraining(bypass_epochs=1))
    maintenance.begin_epoch(0, None, generators())
    assert float(strength) == 0
    z = 50 + torch.rand(1, 8, 3, 2)
    maintenance.observe(z, torch.zeros(1, 8, 3, dtype=torch.int64), generators())
    maintenance.begin_epoch(1, None, generators())
    assert float(strength) == 1
    assert all((code == z.flatten(1, 2)[0]).all(1).any() for code in book.codes[0].detach())


def test_each_slice_is_reseeded_by_latents_of_its_own_positions():
    quantizer = initialise(lambda: NearestQuantizer(Codebook(8, 2), n_slices=2), [0])
    maintenance = CodebookMaintenance(
        quantizer.slices(), torch.ones(1, 1), CodebookTraining(bypass_epochs=1), n_slices=2
    )
    maintenance.begin_epoch(0, None, generators())
    z = torch.rand(1, 8, 4, 2)
    z[:, :, 1::2] += 50
    maintenance.observe(z, torch.tensor([0, 4, 0, 5]).expand(1, 8, 4), generators())
    usage = maintenance.end_epoch()
    assert float(usage["codes_used"]) == 3
    assert float(usage["perplexity"]) == pytest.approx(1.5)  # 1 code of the first, 2 of the second
    maintenance.begin_epoch(1, None, generators())
    codes = quantizer.codebook.codes.detach()
    assert (codes[:, :4] < 1).all()
    assert (codes[:, 4:] > 49).all()


def test_revival_replaces_dead_codes_and_no_other():
    book, _, maintenance = maintenance_of(CodebookTraining(revive_below=0.1))
    before = book.codes.detach().clone()
    maintenance.begin_epoch(0, None, generators())
    z = 50 + torch.rand(1, 8, 3, 2)
    maintenance.observe(z, torch.arange(24).view(1, 8, 3) % 2, generators())
    usage = maintenance.end_epoch()
    assert float(usage["codes_used"]) == 2
    assert float(usage["perplexity"]) == pytest.approx(2)
    maintenance.begin_epoch(1, None, generators())
    assert torch.equal(book.codes[0, :2].detach(), before[0, :2])
    assert (book.codes[0, 2:] >= 50).all()


def test_a_share_of_the_variance_term_belongs_to_each_row():
    x, made = torch.randn(1, 6, 5, dtype=torch.float64), torch.randn(1, 6, 5, dtype=torch.float64)
    made.requires_grad_()
    rows = free_variance_likelihood(x, made)
    closed = 5 / 2 * mean_squared_error(x, made).mean().log()
    torch.testing.assert_close(rows.mean(), closed)
    ours, theirs = (torch.autograd.grad(value, made, retain_graph=True)[0] for value in (rows.mean(), closed))
    torch.testing.assert_close(ours, theirs)


def vq_net(quantizer):
    return VectorQuantisedNet(VectorCodeEncoder(6, (16,), 2, 3), quantizer, VectorCodeDecoder(2, 3, (16,), 6))


def test_the_codebooks_own_learning_rate_moves_it_so_much_farther():
    X = np.random.default_rng(0).normal(size=(64, 6))
    moves = []
    for factor in (1.0, 10.0):
        net = initialise(lambda: vq_net(NearestQuantizer(Codebook(8, 3))), [0])
        start = net.quantizer.codebook.codes.detach().clone()
        objective = VectorQuantisation("l2", {"commitment": 0.25}, CodebookTraining(lr_factor=factor))
        train(net, objective, rows_of(X), TrainingConfig(epochs=1, batch_size=64), generators())
        moves.append((net.quantizer.codebook.codes.detach() - start).abs().max())
    assert float(moves[1] / moves[0]) == pytest.approx(10, rel=1e-3)


def test_a_bypassed_epoch_is_one_of_a_plain_autoencoder():
    X = np.random.default_rng(0).normal(size=(64, 6))
    net = initialise(lambda: vq_net(NearestQuantizer(Codebook(8, 3))), [0])
    objective = VectorQuantisation("l2", {"commitment": 0.25}, CodebookTraining(bypass_epochs=3))
    start = net.quantizer.codebook.codes.detach().clone()
    history = train(net, objective, rows_of(X), TrainingConfig(epochs=3, batch_size=16), generators())
    assert torch.equal(net.quantizer.codebook.codes.detach(), start)
    np.testing.assert_array_equal(history["reconstruction"], history["objective"])


class Projection(nn.Module):
    """A decoder that knows the subspace of the inliers: frozen, as the latents are."""

    def __init__(self, basis: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("projector", torch.from_numpy(basis @ basis.T).float()[None])

    def forward(self, z):
        return torch.bmm(z.flatten(2), self.projector)


@pytest.mark.parametrize("corruption", [0.1, 0.2, 0.3, 0.45])
@pytest.mark.parametrize("membership", ["contrast", "rank"])
@pytest.mark.parametrize("directions", ["axes", "none"])
def test_the_sets_of_a_planted_mixture_are_found(corruption, directions, membership):
    """Inliers: twelve clusters in a subspace of rank 4 of R^16. Outliers: eight clusters beside it."""
    rng = np.random.default_rng(0)
    n_outliers, n_inliers = round(600 * corruption), 600 - round(600 * corruption)
    basis = np.linalg.qr(rng.normal(size=(16, 4)))[0]
    inliers = rng.normal(size=(12, 4))[rng.integers(12, size=n_inliers)] @ basis.T
    outliers = rng.normal(size=(8, 16))[rng.integers(8, size=n_outliers)]
    X = np.concatenate([inliers, outliers]) + 0.05 * rng.normal(size=(600, 16))
    net = initialise(
        lambda: VectorQuantisedNet(
            nn.Unflatten(2, (1, 16)), DualQuantizer(16, 16, directions=directions), Projection(basis)
        ),
        [0],
    )
    maintenance = CodebookMaintenance(net.quantizer.codebooks(), net.strength, CodebookTraining())
    sets = InlierSets(net, SetRules(membership, outlier_share=corruption, warmup_epochs=0), maintenance)
    sets.begin_epoch(0, rows_of(X), generators())
    expected = np.arange(600) >= n_inliers
    assert (sets.outlying[0].numpy() != expected).mean() < 0.02
    assert float(sets.share) == pytest.approx(corruption, abs=0.02)


NOBODY = torch.zeros(0, dtype=torch.long)
ROWS = torch.arange(100)


@pytest.mark.parametrize(
    ("core", "trusted", "exchanged"),
    [
        (ROWS % 2 == 0, NOBODY, True),  # says nothing of the sides: the 55 rows are the inliers
        (ROWS < 50, NOBODY, True),
        (ROWS >= 50, NOBODY, False),  # favours the 45 rows
        (ROWS >= 50, ROWS[:3], True),  # a person knows better
        (ROWS < 50, ROWS[97:], False),
        (ROWS < 50, ROWS[[0, 99]], True),  # contradicts itself
    ],
)
def test_even_sides_are_distinguished_by_a_person_then_by_the_core_then_by_number(core, trusted, exchanged):
    marked = (ROWS < 55)[None]
    assert Anchors(ROWS, core, trusted).exchanged(marked).tolist() == [exchanged]
    assert Anchors(ROWS, core, trusted).exchanged(~marked).tolist() == [not exchanged]


def test_a_side_that_is_clearly_the_larger_one_is_not_given_up_for_the_core():
    marked = (ROWS >= 70)[None]
    core = ROWS >= 50
    assert Anchors(ROWS, core, NOBODY).evidence(marked) < -3
    assert not Anchors(ROWS, core, NOBODY).exchanged(marked)
    assert Anchors(ROWS, core, ROWS[-2:]).exchanged(marked)


def test_the_core_is_asked_of_the_rows_that_it_knows():
    marked = torch.cat([ROWS < 60, torch.ones(900, dtype=torch.bool)])[None]
    known = Anchors(ROWS, ROWS < 50, NOBODY)
    torch.testing.assert_close(known.evidence(marked), known.evidence(marked[:, :100]))


def planted(n_outliers: int) -> tuple[np.ndarray, VectorQuantisedNet]:
    """Return 100 rows, the last of which are outliers, and a net that reconstructs these."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(8, 4)))[0]
    X = 3 * rng.normal(size=(100, 2)) @ basis[:, :2].T
    X[100 - n_outliers :] = 3 * rng.normal(size=(n_outliers, 2)) @ basis[:, 2:].T
    quantizer, decoder = DualQuantizer(8, 8, directions="none"), Projection(basis[:, 2:])
    return X, initialise(lambda: VectorQuantisedNet(nn.Unflatten(2, (1, 8)), quantizer, decoder), [0])


def outliers_of(n_outliers: int, anchors: Anchors | None) -> tuple[float, float]:
    """Return which share of the 100 rows is taken as outliers, and of the planted ones."""
    X, net = planted(n_outliers)
    maintenance = CodebookMaintenance(net.quantizer.codebooks(), net.strength, CodebookTraining())
    sets = InlierSets(net, SetRules("rank", outlier_share=0.45, warmup_epochs=0), maintenance, anchors)
    sets.begin_epoch(0, rows_of(X), generators())
    return float(sets.outlying.float().mean()), float(sets.outlying[0, 100 - n_outliers :].float().mean())


def test_the_sides_are_exchanged_where_the_start_was_wrong_and_the_core_says_so():
    """The residuals of the start are those of the inliers; 45 rows are outliers."""
    core = Anchors(ROWS, ROWS < 50, NOBODY)
    share, found = outliers_of(45, core)
    assert share == pytest.approx(0.45, abs=0.05)
    assert found > 0.95


def test_a_side_that_is_trusted_may_be_the_smaller_one():
    share, found = outliers_of(55, Anchors(ROWS, ROWS % 2 == 0, ROWS[:3]))
    assert 0 < share <= MOST_OUTLIERS + 1e-6
    assert 55 * found == pytest.approx(100 * share)  # all that are taken are planted ones


def test_fewer_than_half_of_the_rows_are_outliers_whatever_compares():
    nearer_to_the_other = torch.tensor([2.0, 1.0]).expand(1, 100, 2)
    marked = outlying(nearer_to_the_other, "compare", torch.zeros(1, 1))
    assert float(marked.float().mean()) == pytest.approx(MOST_OUTLIERS)


def test_codes_that_nothing_has_trained_do_not_choose_the_first_outliers():
    """One round, which cannot make up for a bad start: the share that the decoder does not know."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(90, 6)) * [1, 1, 1, 0, 0, 0], 3 + rng.normal(size=(30, 6))])
    marked = []
    for scale in (0.0, 1e3):
        net = initialise(
            lambda: VectorQuantisedNet(
                nn.Unflatten(2, (1, 6)), DualQuantizer(8, 6), Projection(np.eye(6)[:, :3])
            ),
            [0],
        )
        for book in net.quantizer.codebooks():
            book.codes.data.mul_(scale)
        maintenance = CodebookMaintenance(net.quantizer.codebooks(), net.strength, CodebookTraining())
        rules = SetRules("rank", outlier_share=0.25, warmup_epochs=0, start_rounds=1)
        sets = InlierSets(net, rules, maintenance)
        sets.begin_epoch(0, rows_of(X), generators())
        marked.append(sets.outlying)
    assert torch.equal(*marked)
    assert marked[0][0, 90:].all()


@pytest.mark.parametrize("membership", ["contrast", "rank", "compare"])
def test_the_inliers_stay_the_majority(membership):
    X = np.random.default_rng(0).normal(size=(120, 6))
    net = initialise(lambda: vq_net(DualQuantizer(8, 3)), [0, 1])
    rules = SetRules(membership=membership, start="random", warmup_epochs=1)
    objective = RobustVectorQuantisation(0.25, rules, CodebookTraining(bypass_epochs=1))
    history = train(net, objective, rows_of(X), TrainingConfig(epochs=5, batch_size=32), generators(2))
    assert (history["outlier_share"] <= 0.5).all()
    assert not history["outlier_share"][0].any()


def test_the_worst_share_is_taken_of_each_member_on_its_own():
    errors = torch.tensor([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]])
    marked = worst(errors, torch.tensor([[0.25], [0.5]]))
    assert marked.tolist() == [[False, False, False, True], [True, True, False, False]]
