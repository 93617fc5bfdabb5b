"""Answers as a suite plays them: who is asked, how many are wrong, and which cells that makes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from robustgen import Answers
from robustgen._checks import UsageError
from robustgen.bench.answering import STRATEGIES, Answering, Questioning
from robustgen.bench.cell import run_cell
from robustgen.bench.choices import Choices
from robustgen.bench.records import Record
from robustgen.bench.suites import parse_suite, read_suite
from robustgen.registry import resolve
from tests.bench.stubs import Centre
from tests.bench.suites import detector, small_suite

FOREST = resolve("answers-forest")


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return np.vstack([rng.normal(size=(70, 3)), 6 + 0.1 * rng.normal(size=(30, 3))])


@pytest.fixture(scope="module")
def outlier():
    return np.arange(100) >= 70


def asked(answers):
    return [*answers.normal, *answers.outliers]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_different_rows_are_judged_and_truly(strategy, rows, outlier):
    answers = Answering(8, strategy).judge(Centre(), rows, outlier, seed=3)
    assert len(set(asked(answers))) == 8
    assert not outlier[answers.normal].any()
    assert outlier[answers.outliers].all()


@pytest.mark.parametrize(("n", "wrong", "n_wrong"), [(10, 0.1, 1), (10, 0.3, 3), (4, 0.1, 1), (10, 0.0, 0)])
def test_so_many_answers_are_wrong(n, wrong, n_wrong, rows, outlier):
    answers = Answering(n, "random", wrong).judge(Centre(), rows, outlier, seed=0)
    assert outlier[answers.normal].sum() + (~outlier[answers.outliers]).sum() == n_wrong


def test_the_most_suspicious_rows_are_those_of_the_lowest_scores(rows, outlier):
    answers = Answering(5, "suspicious").judge(Centre(), rows, outlier, seed=0)
    lowest = np.argsort(Centre(random_state=None).fit(rows).score_samples(rows))[:5]
    assert set(asked(answers)) == set(lowest)


def test_middles_find_a_dense_group(rows, outlier):
    assert len(Answering(4).judge(Centre(), rows, outlier, seed=0).outliers) >= 1


def test_only_detectors_that_take_answers_get_any_and_no_oracle_does():
    suite = small_suite(FOREST, detector("Centre"), questioning=Questioning((0, 3), ("random",), 0.5))
    names = [cell.detector_name for cell in suite.cells() if cell.repetition == 0]
    assert set(names) == {
        "centre",
        "answers-forest",
        "answers-forest, 3 answers (random)",
        "answers-forest, 3 answers (50 % wrong)",
    }
    assert not any(cell.clean for cell in suite.cells() if cell.answering)


def test_a_detector_fits_with_one_seed_whatever_it_is_answered():
    cells = small_suite(FOREST, questioning=Questioning((3,), ("random",))).cells()
    plain = {(cell.dataset, cell.inlier_class, cell.corruption): cell.fit_seed for cell in cells}
    assert all(plain[cell.dataset, cell.inlier_class, cell.corruption] == cell.fit_seed for cell in cells)
    assert len({cell.key for cell in cells}) == len(cells)


def test_no_answers_leave_the_keys_of_cells_as_they_were():
    with_answers = small_suite(FOREST, questioning=Questioning((0, 3)))
    assert {cell.key for cell in small_suite(FOREST).cells()} < {cell.key for cell in with_answers.cells()}


def test_a_record_tells_of_its_answers():
    suite = small_suite(FOREST, corruption=(0.3,), questioning=Questioning((6,), ("random",), 0.0))
    cell = next(cell for cell in suite.cells() if cell.answering and cell.corruption == 0.3)
    record = run_cell(cell)
    assert record.status == "ok"
    assert record.answering == {
        "detector": "answers-forest",
        "answers": 6,
        "strategy": "random",
        "wrong": 0.0,
    }
    assert Record.from_json(record.to_json()).answering == record.answering
    assert record.metrics["auroc"] > 0.5


class _Stubborn:
    """Refuses answers, as a detector does that they leave no rows."""

    takes_answers = True

    def fit(self, X, y=None):
        if y is not None:
            raise UsageError("got answers that leave 0 rows")
        return self

    def score_samples(self, X):
        return -np.abs(np.asarray(X)).sum(1)


def test_answers_that_leave_no_rows_are_given_up_aloud():
    suite = small_suite(
        resolve("stubborn", use="tests.bench.test_answering:_Stubborn"), questioning=Questioning((3,))
    )
    cell = next(cell for cell in suite.cells() if cell.answering)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record = run_cell(cell)
    assert record.status == "ok"
    assert "fitted without answers: got answers that leave 0 rows" in record.message


@pytest.mark.parametrize(
    ("questioning", "message"),
    [
        (Questioning((-1,)), "got -1 answers, expected a number of 0 or more"),
        (Questioning((3,), wrong=1.0), "got wrong = 1, expected a share of 0 to below 1"),
        (Questioning((3,), ("midles",)), "got strategy 'midles'.*did you mean 'middles'"),
        (Questioning((3,)), "got answers for centre, expected a detector that takes some"),
    ],
)
def test_what_cannot_be_asked_is_refused(questioning, message):
    with pytest.raises(UsageError, match=message):
        small_suite(detector("Centre"), questioning=questioning).cells()


def test_a_suite_and_its_options_say_how_rows_are_judged():
    table = {"dataset": [{"name": "wine"}], "detector": [{"name": "robust"}], "answers": [0, 5], "wrong": 0.1}
    suite = parse_suite(table)
    assert suite.questioning == Questioning((0, 5), tuple(STRATEGIES), 0.1)
    changed = Choices(answers=(7,), strategies=("random",)).apply(suite)
    assert changed.questioning == Questioning((7,), ("random",), 0.1)
    assert "questioning" not in read_suite("quick").to_dict()
    assert suite.to_dict()["questioning"]["answers"] == [0, 5]


def test_a_forest_of_answers_alone_knows_nothing_without_both_kinds(rows):
    from robustgen.peers.answers_forest import AnswersForest

    for answers in (None, Answers(normal=[0, 1])):
        assert not AnswersForest().fit(rows, answers).score_samples(rows).any()
    told = AnswersForest(random_state=0).fit(rows, Answers(normal=range(5), outliers=range(70, 75)))
    assert told.score_samples(rows)[:70].min() > told.score_samples(rows)[70:].max()
