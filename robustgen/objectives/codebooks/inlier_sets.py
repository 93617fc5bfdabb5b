"""The sets of inliers and outliers of RVQ-VAE, updated before every epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._checks import check_at_least_zero, check_choice, check_count, is_number, require
from robustgen._storable import storable
from robustgen.nets.draws import Generators
from robustgen.nets.quantizers.dual import DIRECTIONS, DualQuantizer
from robustgen.nets.replicas import agreed
from robustgen.nets.vector_quantised import VectorQuantisedNet
from robustgen.objectives.base import Rows, Stateful
from robustgen.objectives.codebooks.maintenance import CodebookMaintenance
from robustgen.objectives.codebooks.seeding import kmeans

TwoSidedNet = VectorQuantisedNet[DualQuantizer]
BLOCK_ROWS = 1024
START_ROWS = 2048
"""Rows whose latents the first codebooks are fitted to."""
WIDE, NONE = (1.25, 1.2), (1.0, 1.0)
"""In the start a row is outlying where the inlier codebook is so many times as far as the other one: in the
first half of the rounds, and then. A wide margin finds few outliers, none finds many."""
AS_SHARP = 0.95
"""Sides without a margin are taken where they part rows so far as those with a wide one do, or nearly."""
LEAST_DISTANCE = 1e-9
"""What a row is taken to be from a code that it is on."""
MOST_OUTLIERS = 0.49
"""The largest share of rows that are taken as outliers: the inliers stay the majority."""
NEARLY_EVEN = 0.4
"""The least share of the smaller side for which the core is asked."""
SURE = 3.0
"""Standard errors by which a side must be favoured by the core to be taken for the inliers'."""
MEMBERSHIPS = ("contrast", "rank", "compare")
STARTS = ("residual", "relative", "random")


@storable
@dataclass(frozen=True)
class SetRules:
    r"""How rows come to be taken as outliers, and what is done about them.

    Parameters
    ----------
    membership : {"contrast", "rank", "compare"}
        "compare": a row is an outlier where the outlier codebook is nearer than the inlier one.
        "contrast" and "rank": the start finds the share of outliers; from then on the same share of rows,
        those that the inlier codebook reconstructs worse than the outlier codebook by most ("contrast"), or
        from which it is farther by most ("rank"). It is 49 % at most.
    start : {"residual", "relative", "random"}
        The first outliers are the ``outlier_share`` of rows that the warm-up reconstructs worst:
        by squared error, by squared error over the row's squared norm, or they are drawn.
    outlier_share : float in (0, 0.5)
        The share of the first outlier set.
    outlier_weight : float
        Weight of an outlying row's terms over an inlying row's, at least 0.
    directions : {"axes", "none"}
        :math:`u_j`, along which distances are weighted: the axes, or none, which is plain Euclidean
        distances.
    warmup_epochs : int
        Epochs of a plain autoencoder before the first sets; detectors make it half of theirs at most.
    start_rounds : int
        Rounds in which, before the codebooks are trained, each is fitted to its set's latents by
        k-means, and the rows become outliers from which the inlier codebook is 1.25 times as far as the
        outlier codebook, 1.2 times in the second half. The margin lets the inlier codebook win rows back
        that it explains nearly as well, which is right for few outliers and too much for many; so the
        rounds are made without one too, and those sides stay that part the rows further
        (:func:`robustgen.objectives.codebooks.inlier_sets.sharpness`).

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> SetRules(outlier_share=0.1).membership
    'contrast'
    """

    membership: str = "contrast"
    start: str = "residual"
    outlier_share: float = 0.3
    outlier_weight: float = 1.0
    directions: str = "axes"
    warmup_epochs: int = 5
    start_rounds: int = 8

    def __post_init__(self) -> None:
        check_choice("membership", self.membership, MEMBERSHIPS)
        check_choice("start", self.start, STARTS)
        share = self.outlier_share
        require(is_number(share) and 0 < share < 0.5, f"outlier_share={share!r}", "a share in (0, 0.5)")
        check_at_least_zero("outlier_weight", self.outlier_weight)
        check_choice("directions", self.directions, DIRECTIONS)
        check_count("warmup_epochs", self.warmup_epochs, least=0)
        check_count("start_rounds", self.start_rounds, least=0)


@dataclass(frozen=True)
class Anchors:
    """Rows that tell which of the two sides the inliers are.

    Attributes
    ----------
    places : torch.Tensor of int, (m,)
        Rows of which it is known whether they are in the core.
    core : torch.Tensor of bool, (m,)
        Which of them lie together: most of them inliers, not all.
    trusted : torch.Tensor of int, (q,)
        The places of rows that a person has judged normal.
    """

    places: Tensor
    core: Tensor
    trusted: Tensor

    def exchanged(self, marked: Tensor) -> Tensor:
        """Tell whose sides are to change places: members (K,) of which rows (K, n) are marked as outliers.

        Most of the trusted rows are on the inliers' side. Where there are none, or as many on either side,
        the larger side is the inliers'; but where the smaller one has 40 % of the rows or more, that which
        has the larger share of its rows in the core, if the shares differ by more than three standard
        errors. Sides that are less even the core cannot exchange: where inliers are of many kinds it
        holds the densest of them, and favours the side that has most of these by chance.
        """
        share, evidence = marked.float().mean(1), self.evidence(marked)
        asked = (torch.minimum(share, 1 - share) >= NEARLY_EVEN) & (evidence.abs() > SURE)
        by_core = torch.where(asked, evidence < 0, share > 0.5)
        misplaced = marked[:, self.trusted].sum(1) - (~marked[:, self.trusted]).sum(1)
        return torch.where(misplaced == 0, by_core, misplaced > 0)

    def evidence(self, marked: Tensor) -> Tensor:
        r"""Return by how many standard errors (K,) the core favours the side that is not marked.

        .. math:: (p_0 - p_1) \Big/ \sqrt{p (1 - p) (1 / n_0 + 1 / n_1)}

        with :math:`p_s` the share of the core among the :math:`n_s` rows of side s, and p among all.

        Parameters
        ----------
        marked : torch.Tensor of bool, (K, n)
            The rows of the other side.

        Examples
        --------
        >>> rows = torch.arange(100)
        >>> anchors = Anchors(rows, core=rows < 50, trusted=rows[:0])
        >>> anchors.evidence(rows[None] >= 50)
        tensor([10.])
        """
        sides = torch.stack([~marked, marked], 1)[..., self.places].float()
        core = self.core.float()
        counts = sides.sum(-1).clamp_min(1)
        shares = (sides * core).sum(-1) / counts
        p = core.mean()
        error = (p * (1 - p) * (1 / counts).sum(1)).sqrt()
        return (shares[:, 0] - shares[:, 1]) / error.clamp_min(torch.finfo(error.dtype).tiny)


class InlierSets(Stateful):
    """Hook: warm up, start the two sets, then update them before every epoch.

    Parameters
    ----------
    net : VectorQuantisedNet
        Whose latents decide.
    rules : SetRules
        How.
    maintenance : CodebookMaintenance
        Whose counts weigh the codes.
    anchors : Anchors or None
        What tells which side the inliers are, once the start has made two; without, it is the larger one.

    Attributes
    ----------
    settled : bool
        Whether there are sets already.
    outlying : torch.Tensor of bool
        (K, n), which rows are taken as outliers.
    outlying_batch : torch.Tensor of bool
        (K, B), the same of the batch that is learnt.
    share : torch.Tensor
        (K, 1), the share of outliers, but for "compare".
    """

    remembered = ("settled", "outlying", "share")
    settled: bool
    outlying: Tensor
    outlying_batch: Tensor

    def __init__(
        self,
        net: TwoSidedNet,
        rules: SetRules,
        maintenance: CodebookMaintenance,
        anchors: Anchors | None = None,
    ) -> None:
        nowhere = torch.zeros(0, dtype=torch.long)
        self._net = net
        self._rules = rules
        self._maintenance = maintenance
        self._anchors = anchors or Anchors(nowhere, nowhere.bool(), nowhere)
        self.share = torch.full_like(self._net.strength, rules.outlier_share)

    @torch.no_grad()
    def begin_epoch(self, epoch: int, rows: Rows, generators: Generators) -> None:
        """Update the sets, by the nets as the last epoch left them."""
        members = len(generators)
        self.settled = epoch >= self._rules.warmup_epochs
        if epoch == 0:
            self.outlying = torch.zeros(
                members, rows.n_rows, dtype=torch.bool, device=self._net.strength.device
            )
        self._net.train(False)
        if epoch == self._rules.warmup_epochs:
            self._start(rows, generators)
            self._orient(rows, members)
        if epoch > self._rules.warmup_epochs:
            self._net.quantizer.refresh(self._maintenance.latest)
        if epoch >= self._rules.warmup_epochs:
            self.outlying = agreed(self._updated(rows, members))
        self._net.train(True)

    def begin_batch(self, index: Tensor) -> None:
        """Look up which rows of the batch are taken as outliers."""
        self.outlying_batch = self.outlying.gather(1, index)

    def end_epoch(self) -> Mapping[str, Tensor]:
        """Return the share of the rows (K,) that are taken as outliers."""
        return {"outlier_share": self.outlying.to(self._net.strength.dtype).mean(1)}

    def _start(self, rows: Rows, generators: Generators) -> None:
        """Fit the codebooks to a sample of rows whose sets are updated with them."""
        chosen = torch.stack(
            [torch.randperm(rows.n_rows, generator=g, device=g.device)[:START_ROWS] for g in generators]
        )
        z = torch.cat([self._net.positions(x) for x in rows.batches(chosen, BLOCK_ROWS)], 1)
        marked = worst(self._first_errors(rows, generators), self.share).gather(1, chosen)
        wide = self._rounds(z, marked, generators, WIDE)
        found = self._net.quantizer.snapshot()
        restored = self._rounds(z, marked, generators, NONE) < AS_SHARP * wide
        self._net.quantizer.restore(restored, found)
        self._margin = torch.where(restored, WIDE[-1], NONE[-1])[:, None]

    def _rounds(
        self, z: Tensor, marked: Tensor, generators: Generators, margins: tuple[float, float]
    ) -> Tensor:
        """Fit the codebooks and mark rows in turn; return how sharply (K,) the sides part in the end."""
        for done in range(self._rules.start_rounds):
            self._fit_codebooks(z, marked, generators)
            distances = self._net.quantizer.distances(z)
            marked = far_from_inliers(distances, margins[2 * done >= self._rules.start_rounds])
        return sharpness(self._net.quantizer.distances(z))  # no decoder knows the codes yet

    def _orient(self, rows: Rows, members: int) -> None:
        """Decide once which codebook is the inliers', and take the share of outliers from the sides."""
        parts = [self._net.quantizer.distances(self._net.positions(x)) for x in _in_order(rows, members)]
        marked = far_from_inliers(torch.cat(parts, 1), self._margin)
        exchanged = self._anchors.exchanged(marked)
        self._net.quantizer.swap(exchanged)
        outliers = (marked ^ exchanged[:, None]).to(self.share)
        self.share = outliers.mean(1, keepdim=True).clamp(max=MOST_OUTLIERS)

    def _fit_codebooks(self, z: Tensor, marked: Tensor, generators: Generators) -> None:
        """Fit each codebook by k-means to the latents (K, B, P, D) of the rows (K, B) of its set."""
        masses, n_slices = [], self._net.quantizer.n_slices
        for place, book in enumerate(self._net.quantizer.slices()):
            points = z[:, :, place % n_slices :: n_slices]
            taken = (marked if place // n_slices else ~marked)[..., None].expand(points.shape[:3])
            centres, mass = kmeans(points.flatten(1, 2), book.codes.shape[1], generators, taken.flatten(1))
            book.replace(torch.ones_like(mass, dtype=torch.bool), centres)
            masses.append(mass)
        self._net.quantizer.refresh(torch.stack(masses, 1))

    def _first_errors(self, rows: Rows, generators: Generators) -> Tensor:
        if self._rules.start == "random":
            draws = [torch.rand(rows.n_rows, generator=g, device=g.device) for g in generators]
            return torch.stack(draws)
        parts = []
        for x in _in_order(rows, len(generators)):
            error = _mean_squares(x - self._net.decoder(self._net.positions(x)))  # no code is trained yet
            parts.append(
                error / _mean_squares(x).clamp_min(1e-12) if self._rules.start == "relative" else error
            )
        return torch.cat(parts, 1)

    def _updated(self, rows: Rows, members: int) -> Tensor:
        parts = [set_evidence(self._net, x) for x in _in_order(rows, members)]
        return outlying(torch.cat(parts, 1), self._rules.membership, self.share)


def set_evidence(net: TwoSidedNet, x: Tensor) -> Tensor:
    """Return what tells inliers from outliers.

    Parameters
    ----------
    net : VectorQuantisedNet
        With a quantizer of two codebooks.
    x : torch.Tensor
        Rows (K, B, ...).

    Returns
    -------
    torch.Tensor
        (K, B, 4): the distances to the inlier and the outlier codebook, and the mean squared
        errors of the reconstructions through either.
    """
    z = net.positions(x)
    distances, codes = zip(*(net.quantizer.quantised(z, side) for side in (0, 1)), strict=True)
    return torch.stack([*distances, *(_mean_squares(x - net.decoder(taken)) for taken in codes)], dim=-1)


def outlying(evidence: Tensor, membership: str, share: Tensor) -> Tensor:
    """Mark the rows (K, n) that are outliers by a rule of :class:`SetRules`.

    Parameters
    ----------
    evidence : torch.Tensor
        That of :func:`set_evidence`, (K, n, 4); the distances alone are enough for "rank" and
        "compare".
    membership : {"contrast", "rank", "compare"}
        The rule.
    share : torch.Tensor
        (K, 1), the share of outliers, but for "compare", which finds it: 49 % at most.

    Examples
    --------
    >>> evidence = torch.tensor([[[1.0, 2.0, 0.1, 0.2], [3.0, 1.0, 0.3, 0.2], [2.0, 4.0, 0.9, 0.9]]])
    >>> share = torch.tensor([[0.4]])
    >>> outlying(evidence, "compare", share), outlying(evidence, "contrast", share)
    (tensor([[False,  True, False]]), tensor([[False,  True, False]]))
    """
    ranking = outlyingness(evidence, membership)
    if membership == "compare":
        return (ranking > 0) & worst(ranking, torch.full_like(share, MOST_OUTLIERS))
    return worst(ranking, share)


def outlyingness(evidence: Tensor, membership: str) -> Tensor:
    """Return by what a rule ranks the rows (K, n), from their evidence (K, n, 4); larger = more outlying."""
    return RANKINGS[membership](evidence)


RANKINGS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "contrast": lambda evidence: evidence[..., 2] - evidence[..., 3],
    "rank": lambda evidence: evidence[..., 0] - evidence[..., 1],
    "compare": lambda evidence: evidence[..., 0] - evidence[..., 1],
}


def worst(errors: Tensor, share: Tensor) -> Tensor:
    """Mark the share (K, 1) of rows (K, n) whose errors are largest, rounded to whole rows.

    Examples
    --------
    >>> worst(torch.tensor([[0.1, 5.0, 0.3]]), torch.tensor([[0.4]]))
    tensor([[False,  True, False]])
    """
    ranks = errors.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return ranks < (share * errors.shape[1]).round()


def far_from_inliers(distances: Tensor, margin: float | Tensor) -> Tensor:
    """Mark the rows (K, n) by their distances (K, n, 2) from the two codebooks, as the start does."""
    return distances[..., 0] > margin * distances[..., 1]


def sharpness(distances: Tensor) -> Tensor:
    r"""Return how far (K,) rows are from being between the sides: the mean of :math:`|\log(d_0 / d_1)|`.

    Examples
    --------
    >>> sharpness(torch.tensor([[[1.0, 1.0], [1.0, 2.718281828], [2.718281828, 1.0]]]))
    tensor([0.6667])
    """
    logs = distances.clamp_min(LEAST_DISTANCE).log()
    return (logs[..., 0] - logs[..., 1]).abs().mean(1)


def _mean_squares(x: Tensor) -> Tensor:
    return x.flatten(2).square().mean(-1)


def _in_order(rows: Rows, members: int) -> Iterator[Tensor]:
    """Yield all rows in order, the same for every member."""
    device = next(rows.batches(torch.zeros(members, 1, dtype=torch.int64), 1)).device
    order = torch.arange(rows.n_rows, device=device).expand(members, -1)
    return rows.batches(order, BLOCK_ROWS)
