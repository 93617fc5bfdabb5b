"""The loop's contracts, on every case that it was proved on."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch

from robustgen._checks import UsageError
from robustgen.nets.members import member, tensors
from robustgen.objectives.autoencoding import Autoencoding
from robustgen.objectives.base import Player, Stateful, Term
from robustgen.training import RobustTraining, TrainingConfig, train
from robustgen.training.loop import _Learner
from tests.training.cases import CASES, Case, rows_of, seeded_generators, seeded_net, table

CONFIGS = {
    "plain": TrainingConfig(epochs=4, batch_size=32),
    "robust": TrainingConfig(epochs=4, batch_size=32, robust=RobustTraining(warmup_epochs=1)),
    "soft": TrainingConfig(epochs=4, batch_size=32, robust=RobustTraining(warmup_epochs=0, weighting="soft")),
    "clipped": TrainingConfig(epochs=4, batch_size=32, clip_norm=0.05),
    "early stop": TrainingConfig(epochs=12, batch_size=32, patience=1, min_improvement=0.05),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def trained(case: Case, config: TrainingConfig, members: range):
    net = seeded_net(case, members)
    history = train(net, case.objective, rows_of(table()), config, seeded_generators(members))
    return net, history


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_eight_members_at_once_are_eight_single_fits(case, config):
    together, history = trained(case, config, range(8))
    x = next(rows_of(table()).batches(torch.arange(150)[None], 150))
    errors = case.objective.errors(together, x.expand(8, -1, -1))
    for k in range(8):
        alone, own = trained(case, config, range(k, k + 1))
        torch.testing.assert_close(errors[k : k + 1], case.objective.errors(alone, x), rtol=1e-6, atol=1e-9)
        assert history.stopped_at[k] == own.stopped_at[0]
        np.testing.assert_allclose(
            history["objective"][: own.epochs, k], own["objective"][:, 0], rtol=1e-6, atol=1e-9
        )


def test_the_same_seeds_give_the_same_weights_to_the_last_bit(case):
    config = CONFIGS["robust"]
    first, second = trained(case, config, range(2))[0], trained(case, config, range(2))[0]
    assert all(torch.equal(a, b) for a, b in zip(tensors(first), tensors(second), strict=True))


def test_global_random_numbers_are_left_alone(case):
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    trained(case, CONFIGS["robust"], range(2))
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert (np.random.get_state()[1] == numpy_before).all()  # noqa: NPY002


def test_the_batch_loop_never_waits_for_the_device(case, monkeypatch):
    net, generators = seeded_net(case, range(2)), seeded_generators(range(2))
    learner = _Learner(net, case.objective, rows_of(table()), CONFIGS["robust"], generators)

    def waited(*_: object) -> None:
        raise AssertionError("the batch loop read a value off the device")

    for reading in ("item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__"):
        monkeypatch.setattr(torch.Tensor, reading, waited)
    learner.learn(epoch=2)


def test_every_term_is_remembered_for_every_epoch_and_member(case):
    _, history = trained(case, CONFIGS["plain"], range(3))
    assert history.epochs == 4
    assert "objective" in history
    for values in history.values():
        assert values.shape == (4, 3)
        assert np.isfinite(values).all()


def test_training_lowers_the_objective(case):
    _, history = trained(case, TrainingConfig(epochs=20, batch_size=32), range(1))
    assert history["reconstruction"][-1] < history["reconstruction"][0]


def test_players_move_their_own_parameters_only():
    case = CASES["W1 critic: two players"]
    net = seeded_net(case, range(1))

    class CriticOnly:
        def players(self, net):
            return case.objective.players(net)[1:]

        errors = case.objective.errors

    before = copy.deepcopy(net)
    train(net, CriticOnly(), rows_of(table()), CONFIGS["plain"], seeded_generators(range(1)))
    moved = {
        name for name, value in net.named_parameters() if not torch.equal(value, before.get_parameter(name))
    }
    # The critic's last bias cancels in f(z) - f(p): it alone has no gradient.
    assert moved == {f"critic.net.{name}" for name in ("0.weight", "0.bias", "2.weight")}


def test_a_stopped_member_keeps_the_weights_that_it_stopped_with():
    case = CASES["autoencoder: one player"]
    config = TrainingConfig(epochs=60, batch_size=32, patience=2, min_improvement=0.02)
    net, history = trained(case, config, range(4))
    assert len(set(history.stopped_at)) > 1, "the case must stop its members at different epochs"
    for k, epochs in enumerate(history.stopped_at):
        shorter, _ = trained(case, TrainingConfig(epochs=int(epochs), batch_size=32), range(k, k + 1))
        for kept, expected in zip(tensors(member(net, k)), tensors(shorter), strict=True):
            torch.testing.assert_close(kept, expected)


def test_a_diverging_training_says_what_to_do():
    class Exploding(Autoencoding):
        def players(self, net):
            def loss(net, batch, generators):
                return {"reconstruction": Term(self.errors(net, batch) * float("inf"))}

            return (Player("autoencoder", tuple(net.parameters()), loss),)

    net = seeded_net(CASES["autoencoder: one player"], range(1))
    with pytest.raises(
        UsageError, match=r"training diverged: 'reconstruction' is .* in epoch 1; .*learning_rate"
    ):
        train(net, Exploding("l2"), rows_of(table()), CONFIGS["plain"], seeded_generators(range(1)))


def test_each_epoch_is_reported_to_every_listener():
    seen: list[int] = []
    case = CASES["autoencoder: one player"]
    net = seeded_net(case, range(1))
    train(
        net,
        case.objective,
        rows_of(table()),
        CONFIGS["plain"],
        seeded_generators(range(1)),
        on_epoch=[lambda history: seen.append(history.epochs)],
    )
    assert seen == [1, 2, 3, 4]


class Diary(Stateful):
    """A hook that writes down when it is called, and on which rows."""

    settled = True

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.seen: list[torch.Tensor] = []

    def begin_epoch(self, epoch, rows, generators):
        self.lines.append(f"epoch {epoch} of {rows.n_rows} rows for {len(generators)} members")

    def begin_batch(self, index):
        self.lines.append("batch")
        self.seen.append(index)

    def end_epoch(self):
        self.lines.append("end")
        return {"diary": torch.tensor([1.0, 2.0])}


def test_hooks_hear_of_epochs_and_batches_and_speak_to_the_history():
    case, diary = CASES["autoencoder: one player"], Diary()

    class Hooked:
        errors = case.objective.errors

        def players(self, net):
            return tuple(
                dataclasses.replace(player, hooks=(diary,)) for player in case.objective.players(net)
            )

    net, generators = seeded_net(case, range(2)), seeded_generators(range(2))
    history = train(net, Hooked(), rows_of(table()), TrainingConfig(epochs=2, batch_size=64), generators)
    for epoch in (0, 1):
        started = f"epoch {epoch} of 150 rows for 2 members"
        assert diary.lines[5 * epoch : 5 * epoch + 5] == [started, "batch", "batch", "batch", "end"]
    for order in torch.cat(diary.seen[:3], dim=1):
        assert torch.equal(order.sort().values, torch.arange(150))
    assert history["diary"].tolist() == [[1.0, 2.0], [1.0, 2.0]]


def test_a_hook_is_told_the_rows_that_the_batch_holds():
    case, X = CASES["autoencoder: one player"], table()
    rows, taken = rows_of(X), []

    class Watching(Diary):
        def begin_batch(self, index):
            self.index = index

    hook = Watching()

    def loss(net, batch, generators):
        taken.append(torch.equal(batch, next(rows.batches(hook.index, batch.shape[1]))))
        return {"reconstruction": Term(case.objective.errors(net, batch))}

    class Watched:
        errors = case.objective.errors

        def players(self, net):
            return (Player("watched", tuple(net.parameters()), loss, hooks=(hook,)),)

    generators = seeded_generators(range(2))
    train(seeded_net(case, range(2)), Watched(), rows, CONFIGS["plain"], generators)
    assert taken
    assert all(taken)
