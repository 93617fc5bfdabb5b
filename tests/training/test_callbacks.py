"""Functions after each epoch: who stops, what a failure leaves, and that no file holds them."""

from __future__ import annotations

from unittest import TestCase

import numpy as np
import pytest

import robustgen
from robustgen import VQVAE, Autoencoder
from robustgen._checks import UsageError
from robustgen.training import each_epoch

X = np.random.default_rng(0).normal(size=(60, 4))


def detector(epochs=4):
    return Autoencoder(hidden_dims=(4,), epochs=epochs, n_members=2, random_state=0)


def test_each_epoch_is_seen_once_and_changes_nothing():
    seen = []
    with each_epoch(lambda history: seen.append(history.epochs)):
        watched = detector().fit(X)
    assert seen == [1, 2, 3, 4]
    np.testing.assert_array_equal(watched.score_samples(X), detector().fit(X).score_samples(X))


def test_a_stop_is_as_good_as_fewer_epochs():
    with each_epoch(lambda history: history.epochs == 2):
        stopped = detector().fit(X)
    assert stopped.history_.stopped_at.tolist() == [2, 2]
    np.testing.assert_array_equal(stopped.score_samples(X), detector(2).fit(X).score_samples(X))


def test_one_member_may_stop_alone():
    with each_epoch(lambda history: np.array([history.epochs == 2, False])):
        fitted = detector().fit(X)
    assert fitted.history_.stopped_at.tolist() == [2, 4]
    two, four = (detector(epochs).fit(X).transform(X) for epochs in (2, 4))
    codes = fitted.transform(X)
    np.testing.assert_array_equal(
        codes, np.hstack([two[:, : two.shape[1] // 2], four[:, two.shape[1] // 2 :]])
    )


def test_blocks_are_nested_and_end():
    order = []
    with each_epoch(lambda history: order.append("outer")), each_epoch(lambda history: order.append("inner")):
        detector(1).fit(X)
    detector(1).fit(X)
    assert order == ["outer", "inner"]


def test_a_failure_leaves_the_detector_as_it_was():
    fitted = detector().fit(X)
    before = fitted.score_samples(X)
    with pytest.raises(ZeroDivisionError), each_epoch(lambda history: 1 / 0):
        fitted.fit(X + 1)
    np.testing.assert_array_equal(fitted.score_samples(X), before)
    fresh = detector()
    with pytest.raises(ZeroDivisionError), each_epoch(lambda history: 1 / 0):
        fresh.fit(X)
    assert not hasattr(fresh, "net_")


@pytest.mark.parametrize("answer", [0.5, "stop", [True], np.array([1, 0])])
def test_other_answers_are_refused(answer):
    with (
        pytest.raises(UsageError, match="from a callback, expected None, True"),
        each_epoch(lambda _: answer),
    ):
        detector().fit(X)


def test_no_model_file_holds_a_callback(tmp_path):
    with each_epoch(lambda history: None):
        detector().fit(X).save(tmp_path / "model")
    again = robustgen.load(tmp_path / "model")
    np.testing.assert_array_equal(again.score_samples(X), detector().fit(X).score_samples(X))


def test_training_is_logged_under_one_logger(capsys):
    with TestCase().assertLogs(level="DEBUG") as heard:  # by any logger
        detector(2).fit(X)
    assert {record.name for record in heard.records} == {"robustgen"}
    assert [record.levelname for record in heard.records] == ["DEBUG", "DEBUG", "INFO"]
    assert heard.records[-1].getMessage().startswith("Autoencoder: 2 epochs, objective ")
    assert capsys.readouterr() == ("", "")


def test_the_training_of_a_prior_is_watched_too():
    fitted = VQVAE(quantisation={"n_codes": 4}, epochs=1, prior_epochs=5, random_state=0).fit(X)
    with each_epoch(lambda history: history.epochs == 2):
        fitted.fit_prior()
    assert fitted.prior_.history.stopped_at.tolist() == [2]
