"""A compiled training is the training: its gradients, and one clear line where there can be none."""

from __future__ import annotations

import shutil

import pytest
import torch

from robustgen import VAE, Autoencoder
from robustgen._checks import UsageError
from robustgen.nets.members import tensors
from robustgen.training import RobustTraining, TrainingConfig, compiled, compiling, train
from tests.detectors.builders import vectors
from tests.training.cases import CASES, rows_of, seeded_generators, seeded_net, table

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")


@pytest.fixture
def traced(monkeypatch):
    """Trace steps and their gradients, and run what was traced without a compiler of C++."""
    monkeypatch.setattr(compiling, "BACKEND", "aot_eager")


def weights(name: str, config: TrainingConfig) -> list[torch.Tensor]:
    net = seeded_net(CASES[name], range(2))
    train(net, CASES[name].objective, rows_of(table()), config, seeded_generators(range(2)))
    return list(tensors(net))


@pytest.mark.parametrize("name", ["autoencoder: one player", "RSRAE: three players"])
def test_a_compiled_training_ends_with_the_same_weights(name, traced):
    config = TrainingConfig(epochs=2, batch_size=64, robust=RobustTraining(warmup_epochs=1))
    with compiled():
        found = weights(name, config)
    for value, expected in zip(found, weights(name, config), strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-12)


@needs_compiler
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # of torch itself
def test_a_detector_is_compiled_in_the_block_and_scores_as_without():
    def scores():
        return Autoencoder(hidden_dims=(), epochs=2, batch_size=60, random_state=0).fit(X).score_samples(X)

    X = vectors()
    with compiled():
        found = scores()
    assert found == pytest.approx(scores(), rel=1e-4)


def test_a_step_that_draws_is_refused(traced):
    with compiled(), pytest.raises(UsageError, match=r"cannot trace .*outside of compiled\(\)"):
        VAE(epochs=1, random_state=0).fit(vectors())


def test_a_machine_that_cannot_compile_is_told_so(monkeypatch):
    def broken(graph, inputs):
        raise RuntimeError("no C++ compiler")

    monkeypatch.setattr(compiling, "BACKEND", broken)
    with compiled(), pytest.raises(UsageError, match=r"torch\.compile fails here .*install a C"):
        Autoencoder(hidden_dims=(), epochs=1, random_state=0).fit(vectors())


def test_a_torch_that_traces_no_gradients_is_told_so(monkeypatch):
    from torch._dynamo import config

    class Former:
        """Knows no such setting."""

    monkeypatch.setattr("torch._dynamo.config", Former())
    with pytest.raises(UsageError, match="does not trace gradients: update torch"), compiled():
        pass
    assert hasattr(config, "trace_autograd_ops")
