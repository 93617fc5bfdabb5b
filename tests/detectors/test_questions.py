"""Which rows are asked about."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from robustgen import Answers, questions
from robustgen._checks import UsageError
from tests.detectors.builders import colour_images, grey_images, text, vectors, words


@pytest.mark.parametrize("make", [vectors, grey_images, colour_images, text, words])
def test_different_rows_are_named_the_same_every_time(make):
    X = make()
    asked = questions(X, 5)
    assert len(set(asked)) == 5
    assert 0 <= asked.min() <= asked.max() < X.shape[0]
    np.testing.assert_array_equal(asked, questions(X, 5))


def test_the_middle_of_the_largest_group_comes_first_and_of_each_group_one():
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], [20, 70, 40])
    X = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])[group] + 0.1 * rng.normal(size=(130, 2))
    np.testing.assert_array_equal(group[questions(X, 3)], [1, 2, 0])


def test_a_further_round_asks_about_other_rows_where_neighbourhoods_are_wide():
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], [50, 50, 50])
    X = np.array([[0.0, 0.0], [9.0, 0.0], [30.0, 30.0]])[group] + 0.1 * rng.normal(size=(150, 2))
    answers = np.zeros(150, dtype=int)
    answers[[0, 120]] = 1, -1
    first, *others = questions(X, 4, answers)
    assert group[first] == 1
    assert not set(others) & {0, 120, first}
    assert len(set(others)) == 3


def test_a_first_round_of_normal_rows_alone_leads_on():
    asked = questions(vectors(), 4)
    more = questions(vectors(), 4, Answers(normal=asked))
    assert not set(asked) & set(more)


def test_fewer_different_rows_than_questions_are_named_once_each():
    X = np.repeat(vectors(3), 20, axis=0)
    asked = questions(X, 10)
    assert len(asked) == 3
    assert len(np.unique(X[asked], axis=0)) == 3
    assert questions(X, 5, Answers(normal=asked)).size == 0


def test_a_table_of_all_kinds_of_columns_can_be_asked_about():
    table = pd.DataFrame(vectors(), columns=list("abcdef")).assign(fuel=["oil", "gas", None] * 20)
    assert len(questions(table, 4)) == 4


def test_a_large_table_takes_seconds():
    X = np.random.default_rng(0).normal(size=(100_000, 20))
    start = time.perf_counter()
    asked = questions(X, 10)
    questions(X, 10, Answers(normal=asked))
    assert time.perf_counter() - start < 30


def test_no_question_is_none():
    with pytest.raises(UsageError, match="n=0"):
        questions(vectors(), 0)
