"""The file of answers: rows are known by what they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from robustgen import Answers
from robustgen._checks import UsageError
from robustgen.inputs.answers import answers_of, contents, read_answers, write_answers

TABLE = pd.DataFrame(
    {
        "id": ["a", "b", "c", None],
        "n": [1, 2, 3, 4],
        "x": [0.5, np.nan, -0.0, 7.0],
        "on": [True, False, True, True],
    }
)


def written(path, rows, verdicts):
    write_answers(path, verdicts, range(1, len(rows) + 1), contents(rows))
    return path


@pytest.mark.parametrize(
    "rows",
    [TABLE, np.arange(8.0).reshape(4, 2), np.arange(48, dtype=np.uint8).reshape(4, 3, 4)],
    ids=["table", "array", "images"],
)
def test_answers_follow_their_rows(tmp_path, rows):
    verdicts = {2: "outlier", 0: "normal", 1: "unsure"}
    path = written(tmp_path / "answers.csv", rows, verdicts)
    assert read_answers(path, rows) == verdicts
    order = [3, 1, 0, 2]
    shuffled = rows.iloc[order].reset_index(drop=True) if hasattr(rows, "iloc") else rows[order]
    assert read_answers(path, shuffled) == {3: "outlier", 2: "normal", 1: "unsure"}


def test_what_a_row_holds_does_not_hang_on_types_order_or_other_rows():
    as_floats = TABLE.assign(n=TABLE["n"].astype(float), on=TABLE["on"].astype(float))
    assert contents(as_floats) == contents(TABLE)
    assert contents(TABLE[["on", "x", "id", "n"]]) == contents(TABLE)
    assert contents(TABLE.iloc[[2]]) == contents(TABLE)[2:3]
    X = np.eye(3)
    assert contents(sparse.csr_matrix(X)) == contents(X) == contents(X.astype(np.int8))
    assert len(set(contents(TABLE))) == 4


def test_copies_of_a_row_have_an_answer_each(tmp_path):
    rows = np.ones((3, 2))
    path = written(tmp_path / "answers.csv", rows, {0: "normal", 2: "outlier"})
    assert read_answers(path, rows) == {0: "normal", 1: "outlier"}


def test_a_changed_row_is_named(tmp_path):
    path = written(tmp_path / "answers.csv", TABLE, {0: "normal", 1: "outlier"})
    changed = TABLE.copy()
    changed.loc[1, "n"] = 99
    with pytest.raises(UsageError, match=r"line 3 .* row 2, but no row holds what was judged"):
        read_answers(path, changed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "has the columns a, b, expected row, answer, content"),
        ("", "has the columns none"),
        ("row,answer,content\n1,good,abc\n", "answers 'good', expected normal or outlier or unsure"),
    ],
)
def test_another_file_is_refused(tmp_path, text, said):
    (tmp_path / "answers.csv").write_text(text)
    with pytest.raises(UsageError, match=said):
        read_answers(tmp_path / "answers.csv", TABLE)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match="robustgen review writes one"):
        read_answers(tmp_path / "answers.csv", TABLE)


def test_unsure_rows_count_as_not_judged():
    assert answers_of({1: "unsure"}) == Answers((), ())
