"""Settings out of range are refused with one clear line; devices that are not there too."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from robustgen import Autoencoder
from robustgen._checks import UsageError
from robustgen.training import RobustTraining, TrainingConfig
from robustgen.training.device import arithmetic, choose_device


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 0}, "got epochs=0, expected 1 or more epochs"),
        ({"batch_size": 0}, "got batch_size=0"),
        ({"steps": 0}, "got steps=0"),
        ({"learning_rate": -1}, "got learning_rate=-1"),
        ({"clip_norm": 0}, "got clip_norm=0"),
        ({"patience": 0}, "got patience=0"),
        ({"min_improvement": -0.1}, "got min_improvement=-0.1"),
        ({"precision": "fp8"}, "got precision='fp8'"),
        ({"epochs": 2.5}, "got epochs=2.5"),
        ({"epochs": "3"}, "got epochs='3'"),
        ({"batch_size": 1.5}, "got batch_size=1.5"),
        ({"batch_size": "large"}, "got batch_size='large', expected 1 or more rows, or 'auto'"),
        ({"learning_rate": "fast"}, "got learning_rate='fast'"),
        ({"learning_rate": float("nan")}, "got learning_rate=nan"),
        ({"clip_norm": "1"}, "got clip_norm='1'"),
        ({"patience": 1.5}, "got patience=1.5"),
        ({"min_improvement": None}, "got min_improvement=None"),
        ({"robust": True}, "got robust=True, expected a RobustTraining or None"),
    ],
)
def test_training_settings_have_ranges(settings, said):
    with pytest.raises(UsageError, match=said):
        TrainingConfig(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        *({"keep": 0}, {"keep": 1.5}, {"keep": "half"}, {"decay": 1}, {"decay": None}),
        *({"warmup_epochs": -1}, {"warmup_epochs": 1.5}, {"weighting": "hard"}),
    ],
)
def test_robust_settings_have_ranges(settings):
    with pytest.raises(UsageError, match=f"got {next(iter(settings))}="):
        RobustTraining(**settings)


@pytest.mark.parametrize(("n_rows", "passes"), [(1, 100), (32, 100), (33, 50), (32_000, 1)])
def test_a_budget_of_batches_becomes_passes(n_rows, passes):
    config = TrainingConfig(epochs=None, batch_size=32, steps=100)
    assert config.passes(n_rows) == passes
    assert config.batches(n_rows) >= 100 > config.batches(n_rows) - math.ceil(n_rows / 32)
    assert TrainingConfig(epochs=7, batch_size=32).passes(n_rows) == 7


@pytest.mark.parametrize("n_rows", [1, 1_000, 16_384, 16_385, 32_769, 65_537, 131_072, 10_000_000])
def test_automatic_batches_are_the_smallest_that_keep_an_epoch_short(n_rows):
    config = TrainingConfig(epochs=1, batch_size="auto")
    size = config.batch_rows(n_rows)
    assert size in (128, 256, 512, 1024)
    assert config.batches(n_rows) <= 128 or size == 1024
    assert size == 128 or n_rows / (size / 2) > 128


def test_an_unknown_option_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match="unknown training option 'patiense'; did you mean 'patience'"):
        TrainingConfig().updated({"patiense": 3})


@pytest.mark.parametrize("name", ["tpu9", "gpu", 3.5])
def test_a_device_that_is_none_is_refused(name):
    with pytest.raises(UsageError, match="got device="):
        choose_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="this machine does not have"):
        choose_device("cuda")


def _tf32():
    return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(("precision", "inside"), [("tf32", ("high", True)), ("float32", ("highest", False))])
def test_arithmetic_decides_on_products_and_convolutions_and_leaves_the_process_as_it_was(precision, inside):
    before = _tf32()
    with arithmetic(precision, torch.device("cpu")):
        assert _tf32() == inside
    assert _tf32() == before


def test_bf16_computes_products_and_convolutions_in_bf16():
    with arithmetic("bf16", torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
        images, kernel = torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2)
        assert torch.nn.functional.conv2d(images, kernel).dtype == torch.bfloat16


def test_convolutions_in_bf16_find_what_those_in_single_precision_find():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(90, 8, 8)) + rng.normal(size=(90, 1, 1))
    outlier = np.arange(90) < 9
    images[outlier] += 6 * rng.normal(size=(9, 8, 8))

    def auroc(precision):
        training = {"precision": precision}
        detector = Autoencoder(epochs=2, batch_size=45, training=training, device="cpu", random_state=0)
        return roc_auc_score(outlier, -detector.fit(images).score_samples(images))

    assert auroc("float32") > 0.9
    assert abs(auroc("bf16") - auroc("float32")) <= 0.01
