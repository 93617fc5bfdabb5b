"""A person's answers: what counts as one, which rows follow them, and what every detector makes of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from robustgen import Answers, Autoencoder, RobustDetector, questions
from robustgen._checks import UsageError
from robustgen.densities.cosine import unit_rows
from robustgen.detectors.answers import Neighbourhoods, check_answers
from robustgen.detectors.comparison import compared_rows
from tests.detectors.builders import DETECTORS, colour_images, grey_images, text, vectors, words

INPUTS = [vectors, grey_images, colour_images, text, words]


@pytest.fixture(params=DETECTORS)
def build(request: pytest.FixtureRequest):
    return DETECTORS[request.param]


def with_dense_group(n_rows: int = 400, share: float = 0.3, seed: int = 0):
    """A table in six groups, one further and denser, of outliers, and the same anew to be scored."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(6, 8)) * 2

    def drawn(n):
        outlier = np.arange(n) < share * n
        groups = centres[rng.integers(6, size=n)] + rng.normal(size=(n, 8))
        return np.where(outlier[:, None], 4 + 0.3 * rng.normal(size=(n, 8)), groups), outlier

    return *drawn(n_rows), *drawn(n_rows)


@pytest.mark.parametrize(
    "y",
    [
        None,
        np.zeros(4),
        [0, 1, 1, 0],
        [0, 1, 2, 3],
        [0.5, -1.5, np.nan, 7.0],
        ["-1", "a", "b", "c"],
        pd.Series(["-1", "a", None, "c"]),
        np.zeros((4, 2)),
        Answers(),
    ],
)
def test_what_holds_no_answer_is_ignored(y):
    assert check_answers(y, 4) is None


@pytest.mark.parametrize("y", [[1, 0, -1, 0], np.array([1.0, 0.0, -1.0, 0.0]), pd.Series([1, 0, -1, 0])])
def test_a_row_judged_an_outlier_makes_answers(y):
    np.testing.assert_array_equal(check_answers(y, 4), [1, 0, -1, 0])
    np.testing.assert_array_equal(check_answers(Answers([0], [2]), 4), [1, 0, -1, 0])


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([-1, 2, 0, 0], "got y with 2"),
        ([-1.0, np.nan, 0, 0], "got y with nan"),
        (np.array([-1, "a", 0, 0], dtype=object), "got y with a"),
        ([-1, 0, 0], "shape (3,) for 4 rows"),
        (Answers(normal=[4]), "row 4"),
        (Answers(outliers=[-1]), "row -1"),
        (Answers([1], [1]), "row 1 as normal and as an outlier"),
        ([-1, -1, -1, 1], "leave 1 of 4 rows"),
    ],
)
def test_strange_answers_are_refused_in_one_line(y, said):
    with pytest.raises(UsageError) as error:
        DETECTORS["autoencoder"]().fit(np.array([[0.0], [0.0], [0.0], [1.0]]), y)
    assert said in str(error.value)
    assert "expected" in str(error.value)


def test_class_labels_and_no_answer_change_no_bit(build):
    X = vectors()
    expected = build().fit(X)
    for y in (np.zeros(60), np.arange(60) % 2, np.array(["a", "b"] * 30), Answers()):
        other = build().fit(X, y)
        np.testing.assert_array_equal(other.score_samples(X), expected.score_samples(X))
        assert other.contamination_interval_ == expected.contamination_interval_
        assert other.offset_ == expected.offset_


@pytest.mark.parametrize("make", INPUTS)
def test_answers_serve_rows_of_every_type(build, make):
    X = make()
    n_rows = X.shape[0]
    detector = build(latent_dim=2, contamination="auto").fit(X, Answers(normal=[0, 1], outliers=[5]))
    assert np.isfinite(detector.score_samples(X)).all()
    assert (~detector.support_).sum() == round(n_rows * detector.contamination_)


def test_a_pipeline_passes_answers_on():
    X, outlier, _, _ = with_dense_group()
    y = np.where(outlier, -1, 1)
    piped = make_pipeline(StandardScaler(), Autoencoder(epochs=2, random_state=0)).fit(X, y)
    assert piped[-1].contamination_ == pytest.approx(outlier.mean())


def test_rows_that_go_with_an_outlier_never_train(build):
    X, outlier, _, _ = with_dense_group(200)
    y = np.where(outlier, -1, 1)
    moved = X.copy()
    moved[outlier] += 1000.0 * np.random.default_rng(1).normal(size=moved[outlier].shape)
    inliers = X[~outlier]
    there, gone = build().fit(X, y), build().fit(moved, y)
    np.testing.assert_allclose(there.score_samples(inliers), gone.score_samples(inliers), rtol=1e-6)


def test_a_net_learns_what_it_would_from_the_remaining_rows_alone():
    X, outlier, _, _ = with_dense_group(200)
    build = DETECTORS["autoencoder"]
    judged, clean = build().fit(X, np.where(outlier, -1, 1)), build().fit(X[~outlier])
    np.testing.assert_array_equal(judged.score_samples(X), clean.score_samples(X))


def test_each_row_goes_with_the_nearest_judged_row():
    rows = np.array([[0.0], [1.0], [2.0], [9.0], [10.0]])
    found = Neighbourhoods.of(rows, np.array([1, 0, 0, 0, -1]))
    np.testing.assert_array_equal(found.excluded, [False, False, False, True, True])
    np.testing.assert_allclose(found.shares, [0.6, 0.4])
    assert found.corruption().share == pytest.approx(0.4)


def test_without_a_normal_row_the_judged_rows_leave_alone():
    rows = np.arange(5.0)[:, None]
    found = Neighbourhoods.of(rows, np.array([0, 0, 0, -1, -1]))
    np.testing.assert_array_equal(found.excluded, [False, False, False, True, True])


def test_copies_that_were_judged_otherwise_keep_their_own_answers():
    rows = np.array([[0.0], [0.0], [1.0]])
    np.testing.assert_array_equal(
        Neighbourhoods.of(rows, np.array([1, -1, 1])).excluded, [False, True, False]
    )


def test_the_interval_narrows_with_answers_and_covers_the_share():
    rng = np.random.default_rng(0)
    rows, outlier = rng.normal(size=(3000, 2)), rng.random(3000) < 0.2
    rows[outlier] += 8
    widths = []
    for n in (5, 20, 80):
        answers = np.zeros(3000, dtype=np.int8)
        asked = rng.choice(3000, n, replace=False)
        answers[asked] = np.where(outlier[asked], -1, 1)
        lower, upper = Neighbourhoods.of(rows, answers).corruption().interval
        assert lower <= outlier.mean() <= upper
        widths.append(upper - lower)
    assert widths == sorted(widths, reverse=True)


def test_an_outlier_amid_normal_rows_is_doubtful_and_one_apart_is_not():
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(300, 2)), 12 + 0.1 * rng.normal(size=(100, 2))])
    answers = np.zeros(400, dtype=np.int8)
    amid, around = (
        0,
        [int(np.square(rows[:300] - corner).sum(1).argmin()) for corner in ((1, 1), (-1, 0), (1, -1))],
    )
    answers[around] = 1
    answers[[amid, 350]] = -1
    np.testing.assert_array_equal(Neighbourhoods.of(rows, answers).doubtful(rows), [amid])
    assert Neighbourhoods.of(rows, -np.abs(answers)).doubtful(rows).size == 0


@pytest.mark.parametrize("make", INPUTS)
def test_rows_are_compared_along_few_axes(make):
    X = make()[:, None] if make is grey_images else make()
    rows = compared_rows(X)
    assert rows.shape[0] == X.shape[0]
    assert rows.shape[1] <= 50
    np.testing.assert_array_equal(rows, compared_rows(X))


def test_a_text_of_rare_words_goes_with_the_text_that_shares_its_words():
    rng = np.random.default_rng(0)
    common, rare = np.zeros((2, 600))
    common[:5], rare[5:10] = 1, 1
    own = np.concatenate([np.zeros((200, 10)), rng.random((200, 590)) < 0.01], axis=1)
    own[150:] *= 2  # the words of the topic weigh less in these
    rows = compared_rows(unit_rows(np.r_[np.tile(common, (150, 1)), np.tile(rare, (50, 1))] + own))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    answers = np.zeros(200, dtype=np.int8)
    answers[0], answers[150] = 1, -1
    excluded = Neighbourhoods.of(rows, answers).excluded
    assert excluded[150:].mean() > 0.9
    assert excluded[:150].mean() < 0.1


def test_ten_middles_find_a_dense_group_and_one_wrong_answer_is_survived():
    X, outlier, test, truth = with_dense_group()
    asked = questions(X, 10)
    right = np.where(outlier[asked], -1, 1)

    def auc(given):
        y = np.zeros(len(X), dtype=int)
        y[asked] = given
        return roc_auc_score(truth, -RobustDetector(random_state=0).fit(X, y).score_samples(test))

    assert auc(right) > 0.95
    for wrong in range(0, 10, 3):
        given = right.copy()
        given[wrong] *= -1
        assert auc(given) > auc(right) - 0.05
