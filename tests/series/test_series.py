"""One score a point: whatever window it lies in, however the series is given, and as it comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest

from robustgen import Autoencoder, RobustDetector, SeriesDetector, load
from robustgen._checks import UsageError
from robustgen.series.intervals import cores, runs
from robustgen.series.nearest_windows import NearestWindows
from robustgen.series.places import Places
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


def stamped(stamps: object) -> pd.DataFrame:
    return frame(series(50)).assign(stamp=stamps).set_index("stamp")


MINUTES = pd.date_range("2026-01-01", periods=50, freq="min")
UNORDERED = "missing or go back or repeat: sort the series by time, and give several sensors as channels"
BROKEN = {
    "too short": (series(20), "got a series of 20 points, expected 32 or more: take a smaller window"),
    "one too short": ([series(50), series(20)], "got series 1 of the list of 20 points, expected 32 or more"),
    "NaN": (np.where(np.arange(100) == 7, np.nan, 1.0), "NaN or infinity at point 7, channel 0: interpolate"),
    "masked": (np.ma.masked_less(np.arange(100), 1), "NaN or infinity at point 0, channel 0"),
    "None": (np.array([None] + [1.0] * 99), "got a series with NaN or infinity at point 0"),
    "three axes": (np.zeros((40, 2, 2)), r"shape \(40, 2, 2\), expected \(T,\) or \(T, C\)"),
    "no axis": ([series(50), 3.0], r"got series 1 of the list of shape \(\), expected"),
    "no rows": (series(50)[:0], r"got a series of 0 rows, of shape \(0, 2\), expected"),
    "no series": ([], r"got a series of 0 rows, of shape \(0,\), expected"),
    "text": (np.array(["a"] * 40), "got a series of text"),
    "numerals": (np.array(["1"] * 40, dtype=object), "got a series of text"),
    "dates": (MINUTES.to_numpy(), "got a series of dates"),
    "complex numbers": (series(50) + 1j, "got a series of complex numbers"),
    "a dictionary": ({"a": series(50)}, "got a series that holds other things than numbers"),
    "time goes back": (stamped(MINUTES[::-1]), UNORDERED),
    "time repeats": (stamped(MINUTES[np.r_[0, 0:49]]), UNORDERED),
    "time is missing": (stamped(MINUTES.where(np.arange(50) > 3)), UNORDERED),
    "two levels": (frame(series(50)).set_index(["stamp", "s0"]), "got 2 levels in the index, expected one"),
    "unlike series": (
        [series(50), series(50, channels=3)],
        "got series 1 of the list with 3 channels, expected 2 channels",
    ),
}


@pytest.mark.parametrize(("X", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_series_is_refused_in_one_line(X, message):
    with pytest.raises(UsageError, match=message):
        SeriesDetector(Autoencoder(**QUICK), window=W).fit(X)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["noon"] * 50, r"got times in 'stamp' that are no dates \(.*\): write them alike"),
        ([{}] * 50, r"got times in 'stamp' that are no dates \(.*\): write them alike"),
        ([*MINUTES[:49], MINUTES[49].tz_localize("UTC")], "that are no dates"),
        (np.arange(50) > 9, UNORDERED),
    ],
)
def test_times_that_are_none_are_refused_in_one_line(times, message):
    with pytest.raises(UsageError, match=message) as raised:
        SeriesDetector(window=W, time="stamp").fit(frame(series(50)).assign(stamp=times))
    assert "\n" not in str(raised.value)


def test_times_may_be_irregular_have_a_zone_and_change_to_summer_time():
    steps = np.cumsum(np.random.default_rng(0).integers(1, 99, 300))
    stamps = pd.Timestamp("2026-03-29", tz="Europe/Berlin") + pd.to_timedelta(steps, unit="min")
    expected = SeriesDetector(window=W).fit(series(300)).training_scores_
    for times in (stamps, stamps.map(str), steps):
        table = frame(series(300)).assign(stamp=times)
        detector = SeriesDetector(window=W, time="stamp").fit(table)
        np.testing.assert_array_equal(detector.training_scores_, expected)


def test_a_time_is_asked_of_tables():
    with pytest.raises(UsageError, match="got a series without columns, expected a DataFrame with the time"):
        SeriesDetector(window=W, time="stamp").fit(series(50))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((4, 3)), "got points with 3 channels, expected 2 channels"),
        (np.zeros(4), "got points with 4 channels, expected 2 channels"),
        (1.0, "got points with 1 channel, expected 2 channels"),
        (np.zeros((0, 2)), "got points of 0 rows"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        (["a", "b"], "got points of text"),
        ([1.0, np.nan], "got points with NaN or infinity at point 0, channel 1"),
        (frame(series(3)).set_index("stamp"), "got points with the channels s0, s1, expected 2 channels"),
    ],
)
def test_next_points_of_other_channels_are_refused(fitted, points, message):
    with pytest.raises(UsageError, match=message):
        fitted.score_next(points)


def test_next_points_may_come_as_rows_of_the_table():
    table = frame(series(100))
    detector = SeriesDetector(window=W, time="stamp").fit(table)
    named = detector.score_next(table)
    np.testing.assert_array_equal(detector.restart().score_next(series(100)), named)


@pytest.mark.parametrize(
    ("detector", "scoring", "message"),
    [
        ("knn", "auto", "got detector='knn' without get_params"),
        (IsolationForest(), "residual", r"got detector=IsolationForest\(\) without reconstruct"),
        (KMeans(2), "auto", r"got detector=KMeans\(n_clusters=2\) without score_samples"),
        (None, "windows", "got scoring='windows' alone, expected a detector too"),
    ],
)
def test_what_does_not_score_windows_is_refused(detector, scoring, message):
    with pytest.raises(UsageError, match=message):
        SeriesDetector(detector, window=W, scoring=scoring).fit(series(100))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"window": 1}, "got window=1, expected 2 points or more"),
        ({"stride": 33}, "got stride=33 and window=32, expected a stride of the window or less"),
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


def test_windows_are_recognised_wherever_a_series_is_cut():
    X = series(100)
    places = Places.of(X, W)
    for start in (0, 7, 68):
        assert places(windows_of(X[start:], W, np.array([0]))) == start
    assert places(np.zeros((1, 2, W))) == -W
    np.testing.assert_array_equal(Places.of(np.zeros((40, 1)), W)(-np.zeros((2, 1, W))), [0, 0])


@pytest.mark.parametrize("stride", [None, 7, 32])
@pytest.mark.parametrize("inner", [None, Autoencoder(**QUICK)])
def test_what_was_learnt_is_scored_as_in_the_fit_where_its_end_was_kept_aside(stride, inner):
    X = series(301)
    detector = SeriesDetector(inner, window=W, stride=stride, calibration=0.37).fit(X)
    n_alike = len(detector.training_scores_) - 2 * W  # windows that reach over the cut say something new
    again = detector.score_samples(X)[:n_alike]
    np.testing.assert_allclose(again, detector.training_scores_[:n_alike], rtol=1e-9)


def test_a_part_of_a_training_series_is_not_told_from_itself():
    """A fault that was learnt had the score of a normal stretch where the stride did not divide the cut."""
    X = series(800, channels=1)
    X[400:420] += 0.8
    detector = SeriesDetector(window=W, stride=4).fit(X)
    in_fit = detector.training_scores_[400:420].min()
    for cut in (796, 797, 798, 799):
        assert detector.score_samples(X[:cut])[400:420].min() < 0.5 * in_fit


def test_a_crowd_of_faults_is_not_trusted():
    rng = np.random.default_rng(0)
    normal, faults = rng.normal(size=(200, 4)), 9 + rng.normal(size=(30, 4))
    model = NearestWindows(1, 1).fit([np.vstack([normal, faults])])
    assert model.trusted_[:200].mean() > 0.7
    assert not model.trusted_[200:].any()
    assert model.residuals(faults).mean(1).min() > model.residuals(normal).mean(1).max()


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
    model = NearestWindows(4, 1).fit([np.arange(100.0)[:, None]])
    windows = windows_of(model.series_, 4, np.array([40]))
    near, distances = model._nearest(windows, np.array([40]), 2)
    assert sorted(near[0]) == [36, 44]
    np.testing.assert_allclose(distances, 8)
    assert model._nearest(windows, np.array([-4]), 1)[0] == 40


def test_a_residual_that_is_usual_where_it_stands_is_no_error():
    """The second half of each period is ten times as noisy: it has no larger share of the errors."""
    rng = np.random.default_rng(0)
    noisy = np.arange(3000) % 50 >= 25
    X = 3 * np.sin(2 * np.pi * np.arange(3000) / 50) + np.where(noisy, 0.5, 0.05) * rng.normal(size=3000)
    residuals = NearestWindows(32, 2).fit([X[:, None]]).residuals(X[:, None])[:, 0]
    assert 0.5 < residuals[noisy].mean() / residuals[~noisy].mean() < 4


@pytest.mark.parametrize("period", [50, 1000, 4000])
def test_hardly_a_point_of_a_clean_series_is_counted_however_slow_it_is(period):
    """Neither a squared residual's long tail is a fault, nor a stretch where the series is steep."""
    noise = 0.1 * np.random.default_rng(0).normal(size=4000)
    detector = SeriesDetector().fit(np.sin(2 * np.pi * np.arange(4000) / period) + noise)
    assert detector.contamination_ < 0.03


CLEAN = {
    "square wave": lambda t: 1.0 * (t % 50 < 25),
    "square wave between points": lambda t: np.sign(np.sin(2 * np.pi * t / 47.3)),
    "exact saw-tooth": lambda t: (t % 70) / 70,
    "noisy square wave": lambda t: (t % 50 < 25) + 0.05 * np.random.default_rng(0).normal(size=len(t)),
    "pulses": lambda t: (
        np.exp(-(((t % 90) - 45) ** 2) / 8) + 0.02 * np.random.default_rng(0).normal(size=len(t))
    ),
    "saw-tooth": lambda t: (t % 70) / 70 + 0.02 * np.random.default_rng(0).normal(size=len(t)),
}


@pytest.mark.parametrize("kind", CLEAN)
def test_jumps_and_pulses_of_a_clean_series_are_no_faults(kind):
    """Where a jump comes is hard to tell: 10 to 20 % of these points were counted."""
    assert SeriesDetector().fit(CLEAN[kind](np.arange(4000))).contamination_ < 0.05


def test_a_spike_in_a_constant_series_and_points_without_measure_have_finite_scores():
    struck = np.where(np.arange(300) == 150, 1.0, 0.0)
    assert SeriesDetector(window=W).fit(np.zeros(300)).contamination_ == 0
    for unit in (1e-300, 1.0, 1e300):
        detector = SeriesDetector(window=W).fit(unit * struck)
        assert detector.training_scores_.argmin() == 150
        assert np.isfinite(detector.score_samples(unit * struck[::-1])).all()
    known = SeriesDetector(window=W).fit(series(300, channels=1))
    far = series(300, channels=1)
    far[150] = 1e300
    assert known.score_samples(far).argmin() == 150
    np.testing.assert_allclose(
        known.score_samples(far)[-W:], known.score_samples(series(300, channels=1))[-W:]
    )


def test_a_series_of_one_window_is_learnt():
    detector = SeriesDetector(window=8).fit(np.arange(8.0))
    assert np.isfinite(detector.score_samples(np.arange(20.0))).all()
