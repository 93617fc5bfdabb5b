"""Bad input gets one clear line: what was got, what was expected, what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from robustgen import RSRAE, Autoencoder, RobustDetector
from robustgen._checks import UsageError
from tests.detectors.builders import DETECTORS, colour_images, grey_images, text, vectors


@pytest.fixture(params=DETECTORS)
def build(request: pytest.FixtureRequest):
    return DETECTORS[request.param]


def with_cell(X, place, value):
    X = np.asarray(X, dtype=float).copy()
    X[place] = value
    return X


BAD_TRAINING_ROWS = {
    "NaN": (
        with_cell(vectors(), (3, 2), np.nan),
        r"X holds NaN in row 3, column 2; .* finite numbers: impute",
    ),
    "infinity": (with_cell(vectors(), (0, 1), np.inf), r"X holds infinity \(inf\) in row 0, column 1"),
    "NaN in a frame": (
        pd.DataFrame(with_cell(vectors(), (3, 1), np.nan), columns=list("abcdef")),
        "X holds NaN in row 3, column 'b'",
    ),
    "NaN in an image": (with_cell(grey_images(), (4, 0, 0), np.nan), "X holds NaN in image 4"),
    "NaN in CSR": (
        sparse.csr_matrix(with_cell(np.zeros((5, 4)), (2, 3), np.nan)),
        "X holds NaN in row 2, column 3",
    ),
    "text in a frame": (
        pd.DataFrame({"age": [1, 2, 3], "city": ["Rome", "Oslo", "Bonn"]}),
        r"X holds text: 'Rome' in row 0, column 'city'; .* needs numbers: encode",
    ),
    "text in an array": (np.array([["1", "x"], ["2", "3"]]), r"X holds text: 'x' in row 0, column 1"),
    "dates in a frame": (
        pd.DataFrame({"age": [1, 2], "seen": pd.to_datetime(["2024-01-01", "2024-01-02"])}),
        "X holds a Timestamp: '2024-01-01 00:00:00' in row 0, column 'seen'; .* needs numbers",
    ),
    "categories in a frame": (
        pd.DataFrame({"age": [1, 2], "fuel": pd.Categorical(["oil", "gas"])}),
        "X holds text: 'oil' in row 0, column 'fuel'",
    ),
    "dates in an array": (np.array([["2024-01-01"], ["2024-01-02"]], dtype="M8[s]"), "X holds a datetime"),
    "no rows": (np.empty((0, 3)), r"Found array with 0 sample\(s\)"),
    "no columns": (np.empty((3, 0)), r"0 feature\(s\)"),
    "one row": (vectors(1), r"Found array with 1 sample\(s\) .* minimum of 2"),
    "one image": (grey_images(1), r"Found array with 1 sample\(s\) .* minimum of 2"),
    "one dimension": (np.arange(9.0), "Expected 2D array"),
    "five dimensions": (np.zeros((3, 1, 4, 4, 2)), r"expected vectors \(n, d\) or images"),
    "channels last": (np.zeros((4, 32, 32, 3)), r"looks like \(H, W, C\), .* X.transpose\(0, 3, 1, 2\)"),
}


@pytest.mark.parametrize(("X", "said"), BAD_TRAINING_ROWS.values(), ids=BAD_TRAINING_ROWS)
def test_bad_training_rows_are_refused(build, X, said):
    with pytest.raises(ValueError, match=said):
        build().fit(X)


@pytest.mark.parametrize(
    ("trained_on", "given", "said"),
    [
        (vectors(), vectors(60, 5), "X has 5 features, but .* is expecting 6"),
        (vectors(), grey_images(), r"got rows of shape \(9, 8\), but .* fitted on rows of shape \(6,\)"),
        (grey_images(), vectors(), r"got rows of shape \(6,\), but .* fitted on rows of shape \(9, 8\)"),
        (grey_images(), colour_images(), r"got rows of shape \(3, 8, 8\)"),
        (vectors(), with_cell(vectors(), (1, 1), np.nan), "X holds NaN in row 1, column 1"),
        (vectors(), vectors()[:0], r"Found array with 0 sample\(s\)"),
        (text(), text()[:, :7], "X has 7 features, but .* is expecting 30"),
    ],
    ids=["width", "images", "vectors", "other images", "NaN", "empty", "CSR width"],
)
@pytest.mark.parametrize("method", ["score_samples", "predict", "transform", "reconstruct"])
def test_rows_unlike_the_training_rows_are_refused(trained_on, given, said, method):
    detector = Autoencoder(epochs=1, random_state=0).fit(trained_on)
    with pytest.raises(ValueError, match=said):
        getattr(detector, method)(given)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"contamination": 0}, r"got contamination=0, expected a share in \(0, 0.5\]"),
        ({"contamination": 0.6}, "got contamination=0.6"),
        ({"contamination": "a lot"}, "got contamination='a lot'"),
        ({"latent_dim": 0}, "got latent_dim=0, expected an integer of 1 or more"),
        ({"latent_dim": 2.5}, "got latent_dim=2.5"),
        ({"hidden_dims": (8, -1)}, "got hidden_dims=-1"),
        ({"hidden_dims": 8}, "got hidden_dims=8"),
        ({"epochs": 0}, "got epochs=0"),
        ({"batch_size": 0}, "got batch_size=0"),
        ({"learning_rate": 0}, "got learning_rate=0"),
        ({"n_members": 0}, "got n_members=0"),
        ({"device": "warp"}, "got device='warp'"),
        ({"robust": "yes"}, "got robust='yes', expected True, False or a RobustTraining"),
        ({"epochs": "3"}, "got epochs='3', expected 1 or more epochs"),
        ({"training": 5}, "got training=5, expected a dict of settings"),
        ({"random_state": "seed"}, "got random_state='seed', expected an integer"),
        ({"training": {"clip": 1}}, "unknown training option 'clip'; did you mean 'clip_norm'"),
    ],
)
def test_parameters_out_of_range_are_refused(build, parameters, said):
    with pytest.raises(UsageError, match=said):
        build(**parameters).fit(vectors())


def test_only_an_autoencoder_may_be_linear(build):
    if isinstance(build(), Autoencoder | RobustDetector):
        assert np.isfinite(build(hidden_dims=()).fit(vectors()).score_samples(vectors())).all()
    else:
        with pytest.raises(UsageError, match=r"got hidden_dims=\(\), expected a sequence of layer widths"):
            build(hidden_dims=()).fit(vectors())


def test_booleans_are_0_and_1(build):
    X = vectors() > 0
    given, numbers = build().fit(X), build().fit(X.astype(np.uint8))
    np.testing.assert_array_equal(given.score_samples(X), numbers.score_samples(X.astype(np.uint8)))


SCALED = [name for name, build in DETECTORS.items() if "scaling" in build().get_params()]
"""All but RobustDetector, which looks at the columns on both scales."""


@pytest.mark.parametrize("name", SCALED)
def test_an_unknown_scaling_is_refused(name):
    with pytest.raises(UsageError, match=r"got scaling='standart', .*did you mean 'standard'"):
        DETECTORS[name](scaling="standart").fit(vectors())


@pytest.mark.parametrize(
    ("detector", "said"),
    [
        (Autoencoder(loss="l22"), "got loss='l22', .*did you mean 'l2'"),
        (RSRAE(mode="both"), "got mode='both', expected one of 'alternating', 'joint'"),
        (RSRAE(subspace_updates="decoder"), "got subspace_updates='decoder'"),
        (RSRAE(scoring="cosin"), "got scoring='cosin', .*did you mean 'cosine'"),
        (RSRAE(layers={"activation": "reku"}), "got activation='reku', .*did you mean 'relu'"),
        (RSRAE(layers={"normalization": "layer"}), "got normalization='layer'"),
        (RSRAE(lambdas=(-1, 0.1)), "got lambdas=-1, expected a number of 0 or more"),
        (RSRAE(lambdas=0.1), "got lambdas=0.1, expected a pair of weights"),
    ],
)
def test_a_methods_own_parameters_are_checked(detector, said):
    with pytest.raises(UsageError, match=said):
        detector.fit(vectors())


def test_every_message_is_one_line(build):
    for X, _ in BAD_TRAINING_ROWS.values():
        with pytest.raises(ValueError, match=r"\w") as caught:
            build().fit(X)
        if isinstance(caught.value, UsageError):
            assert "\n" not in str(caught.value)
