"""One score a point: whatever window it lies in, however the series is given, and as it comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import IsolationForest

from robustgen import Autoencoder, RobustDetector, SeriesDetector, load
from robustgen._checks import UsageError
from robustgen.series.intervals import cores, runs
from robustgen.series.nearest_windows import NearestWindows
from robustgen.series.point_errors import fit_point_errors, smoothed
from robustgen.series.windows import OverlapMean, window_starts, windows_of

QUICK = {"hidden_dims": (), "latent_dim": 3, "epochs": 20, "random_state": 0}
W = 32


def series(n_points: int = 600, channels: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    waves = np.sin(2 * np.pi * np.arange(n_points)[:, None] / 25 + np.arange(channels))
    return waves + 0.05 * rng.normal(size=(n_points, channels))


def frame(values: np.ndarray) -> pd.DataFrame:
    stamps = pd.date_range("2026-01-01", periods=len(values), freq="min")
    return pd.DataFrame({"stamp": stamps} | {f"s{j}": column for j, column in enumerate(values.T)})


@pytest.fixture(scope="module")
def fitted() -> SeriesDetector:
    return SeriesDetector(Autoencoder(**QUICK), window=W).fit(series())


@pytest.mark.parametrize("n_points", [32, 33, 50, 64, 101])
@pytest.mark.parametrize("stride", [1, 5, 32])
def test_windows_cover_every_point_and_their_mean_brings_a_series_back(n_points, stride):
    values = series(n_points)
    starts = window_starts(n_points, W, stride)
    assert starts[0] == 0
    assert starts[-1] == n_points - W
    mean = OverlapMean(n_points, 2)
    mean.add(starts, windows_of(values, W, starts))
    np.testing.assert_allclose(mean.values(), values)


def test_smoothing_keeps_a_constant_and_a_width_of_one_changes_nothing():
    np.testing.assert_allclose(smoothed(np.full((9, 2), 3.0), 4), 3.0)
    np.testing.assert_allclose(smoothed(series(50), 1), series(50))


def test_a_spike_shows_in_what_is_not_smoothed_and_a_long_fault_in_what_is():
    rng = np.random.default_rng(0)
    residuals = rng.chisquare(1, size=(2000, 1))
    one, both = fit_point_errors([residuals], (1,)), fit_point_errors([residuals], (1, 16))
    struck, lasting = residuals.copy(), residuals.copy()
    struck[1000] = 60
    lasting[980:1020] += 4
    assert both(struck).argmax() == one(struck).argmax() == 1000
    assert 980 <= both(lasting).argmax() < 1020
    np.testing.assert_allclose(both.parts(struck).sum(1), both(struck))


def test_a_fault_is_found_where_it_is_and_in_the_channel_that_has_it(fitted):
    faulty = series(seed=1)
    faulty[200:215, 1] += 1.5
    worst = fitted.anomalies(faulty)[0]
    assert worst.start < 215
    assert worst.stop > 200
    assert worst.stop - worst.start < 40
    assert fitted.explain(faulty)[203:212].sum(0).argmax() == 1
    assert (fitted.predict(faulty)[worst.start : worst.stop] == -1).mean() > 0.5


def test_contributions_add_up_to_minus_the_score(fitted):
    X = series(seed=2)
    np.testing.assert_allclose(fitted.explain(X).sum(1), -fitted.score_samples(X))
    np.testing.assert_allclose(fitted.decision_function(X), fitted.score_samples(X) - fitted.offset_)


def test_a_list_of_series_is_scored_one_by_one(fitted):
    parts = [series(100), series(77, seed=3)]
    for part, scores in zip(parts, fitted.score_samples(parts), strict=True):
        np.testing.assert_array_equal(scores, fitted.score_samples(part))
    several = SeriesDetector(Autoencoder(**QUICK), window=W).fit(parts)
    assert several.training_scores_.shape == (177,)
    assert len(several.anomalies_) == 2


def test_a_table_with_times_gives_intervals_in_its_times_and_names_of_channels():
    table = frame(series())
    detector = SeriesDetector(Autoencoder(**QUICK), window=W, time="stamp").fit(table)
    assert detector.channels_ == ("s0", "s1")
    by_index = SeriesDetector(Autoencoder(**QUICK), window=W).fit(table.set_index("stamp"))
    np.testing.assert_array_equal(
        by_index.score_samples(table.set_index("stamp")), detector.score_samples(table)
    )
    table.loc[300, "s0"] += 5
    worst = detector.anomalies(table)[0]
    assert worst.begin <= table["stamp"][300] <= worst.end
    assert list(detector.explain(table).columns) == ["s0", "s1"]
    assert detector.explain(table).iloc[300].idxmax() == "s0"


def test_points_are_scored_as_they_come_as_if_the_series_ended_there(fitted):
    X = series(150, seed=4)
    coming = np.concatenate([fitted.restart().score_next(X[:100]), fitted.score_next(X[100:])])
    assert np.isnan(coming[: W - 1]).all()
    for t in (70, 99, 100, 149):
        np.testing.assert_allclose(coming[t], fitted.score_samples(X[: t + 1])[-1])


def test_any_detector_of_rows_scores_windows():
    X = series(300)
    forest = SeriesDetector(IsolationForest(random_state=0), window=W).fit(X)
    faulty = series(300, seed=1)
    faulty[150:165] += 3
    assert forest.score_samples(faulty).shape == (300,)
    assert 120 < forest.score_samples(faulty).argmin() < 195
    with pytest.raises(UsageError, match="scored by windows, which say nothing of channels"):
        forest.explain(faulty)


@pytest.mark.parametrize(
    "inner", [Autoencoder(epochs=2, random_state=0), RobustDetector(epochs=1, n_members=1, random_state=0)]
)
def test_windows_may_be_given_as_signals(inner):
    detector = SeriesDetector(inner, window=W, as_signals=True).fit(series(200))
    assert detector.detector_.row_type_ == "signals"
    assert detector.score_samples(series(80)).shape == (80,)


def test_p_values_of_blocks_are_valid_and_small_where_a_fault_is():
    detector = SeriesDetector(Autoencoder(**QUICK), window=W, calibration=0.5).fit(series(4000))
    normal = detector.p_values(series(3200, seed=5))[::W]
    assert (normal <= 0.1).mean() <= 0.2
    faulty = series(3200, seed=5)
    faulty[1600:1610] += 2
    assert (detector.p_values(faulty)[1600:1610] == detector.p_values(faulty).min()).all()
    assert detector.p_values(faulty).min() < 0.05


def test_a_model_file_and_a_clone_keep_what_was_learnt(fitted, tmp_path):
    X = series(90)
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.score_samples(X), fitted.score_samples(X))
    np.testing.assert_array_equal(clone(fitted).fit(series()).score_samples(X), fitted.score_samples(X))


def test_the_unit_of_a_channel_says_nothing(fitted):
    unit, shift = np.array([1.0, 1000.0]), np.array([0.0, 7.0])
    other = SeriesDetector(Autoencoder(**QUICK), window=W).fit(series() * unit + shift)
    X = series(90, seed=1)
    np.testing.assert_allclose(other.score_samples(X * unit + shift), fitted.score_samples(X), rtol=1e-4)


def test_runs_are_those_of_the_marked_points():
    marked = np.random.default_rng(0).random(200) < 0.3
    again = np.zeros(200, dtype=bool)
    for start, stop in runs(marked):
        again[start:stop] = True
    np.testing.assert_array_equal(again, marked)
    assert runs(np.zeros(5, dtype=bool)) == []


BROKEN = {
    "too short": (series(20), "got a series of 20 points, expected 32 or more: take a smaller window"),
    "NaN": (np.where(np.arange(100) == 7, np.nan, 1.0), "NaN or infinity at point 7, channel 0: interpolate"),
    "three axes": (np.zeros((40, 2, 2)), r"got a series of shape \(40, 2, 2\), expected \(T,\) or \(T, C\)"),
    "text": (np.array(["a"] * 40), "got a series that holds text"),
    "time goes back": (
        frame(series(50)).iloc[::-1].set_index("stamp"),
        "missing or go back: sort the series",
    ),
    "unlike series": (
        [series(50), series(50, channels=3)],
        "got a series with 3 channels, expected 2 channels",
    ),
}


@pytest.mark.parametrize(("X", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_series_is_refused_in_one_line(X, message):
    with pytest.raises(UsageError, match=message):
        SeriesDetector(Autoencoder(**QUICK), window=W).fit(X)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"window": 1}, "got window=1, expected 2 points or more"),
        ({"scoring": "points"}, "scoring"),
        ({"calibration": 2.0}, "got calibration=2.0, expected a share of the series"),
        ({"calibration": 0.99}, "expected 32 points or more on either side"),
        ({"time": "stamp"}, "got no column 'stamp'"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, message):
    with pytest.raises(UsageError, match=message):
        SeriesDetector(Autoencoder(**QUICK), **{"window": W} | parameters).fit(
            frame(series()).drop(columns="stamp")
        )


def test_p_values_need_a_part_that_was_kept_aside(fitted):
    with pytest.raises(UsageError, match=r"fit with calibration=0\.3"):
        fitted.p_values(series(90))


def test_what_a_mean_spreads_is_cut_back_to_the_fault():
    fault = np.zeros((400, 1))
    fault[150:250] = 1
    wide = smoothed(fault, 33)[:, 0]
    assert runs(cores(wide, 33)) == [(150, 250)]


def test_a_window_is_no_neighbour_of_its_own_and_a_crowd_of_faults_is_none_of_them():
    rng = np.random.default_rng(0)
    normal, faults = rng.normal(size=(200, 4)), 9 + rng.normal(size=(30, 4))
    model = NearestWindows().fit(np.vstack([normal, faults]))
    trusted = model.windows_[model.trusted_]
    assert np.abs(trusted).max() < 6
    known = trusted[0]
    others = trusted[np.argsort(((trusted - known) ** 2).sum(1))[1:6]]
    np.testing.assert_allclose(model.reconstruct(known[None])[0], others.mean(0))
    assert model.score_samples(faults).max() < model.score_samples(normal).min()


def test_the_default_finds_a_fault_that_stands_in_training_and_says_in_which_channel(tmp_path):
    X = series(1200)
    X[400:420, 1] += 1.0
    detector = SeriesDetector(window=W).fit(X)
    worst = detector.anomalies_[0]
    assert 380 < worst.start < worst.stop < 440
    assert detector.explain(X)[405:415].sum(0).argmax() == 1
    detector.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").score_samples(X), detector.score_samples(X))


def test_windows_that_overlap_a_training_window_are_not_its_neighbours():
    steps = np.arange(100.0)[:, None]
    made = NearestWindows(exclusion=3).fit(steps).reconstruct(steps[40:41])
    assert abs(made.item() - 40) == pytest.approx(1.2)  # the mean of 35 36 44 45, and of 34 or 46
    assert NearestWindows(exclusion=3).fit(steps).reconstruct(steps[40:41] + 0.25).item() == 40


@pytest.mark.parametrize("period", [50, 1000, 4000])
def test_hardly_a_point_of_a_clean_series_is_counted_however_slow_it_is(period):
    """Neither a squared residual's long tail is a fault, nor a stretch where the series is steep."""
    noise = 0.1 * np.random.default_rng(0).normal(size=4000)
    detector = SeriesDetector().fit(np.sin(2 * np.pi * np.arange(4000) / period) + noise)
    assert detector.contamination_ < 0.03


def test_quiet_stretches_do_not_make_the_pulses_of_a_clean_series_faults():
    """By cube roots alone 37 % of these points were counted."""
    t = np.arange(2000)
    pulses = np.exp(-(((t % 90) - 45) ** 2) / 8) + 0.02 * np.random.default_rng(0).normal(size=2000)
    assert SeriesDetector().fit(pulses).contamination_ < 0.15


def test_a_series_of_one_window_is_learnt():
    detector = SeriesDetector(window=8).fit(np.arange(8.0))
    assert np.isfinite(detector.score_samples(np.arange(20.0))).all()
