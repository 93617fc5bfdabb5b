"""Signals with known truth: bearings, telemetry, heartbeats and engines, normal and faulty, and long series.

Bearings follow McFadden and Smith, "Model for the vibration produced by a single point defect in a rolling
element bearing", J. Sound Vib. 96 (1984); heartbeats McSharry, Clifford, Tarassenko and Smith, "A dynamical
model for generating synthetic electrocardiogram signals", IEEE Trans. Biomed. Eng. 50 (2003). Each function
returns n signals (n, T); ``fault`` (n,) names the fault of each, None makes normal ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Signals = NDArray[np.float64]
Faults = NDArray[np.int64] | None

BEARING_FAULTS = ("outer race", "inner race")
TELEMETRY_FAULTS = ("spike", "frozen", "level", "period")
HEART_FAULTS = ("early beat", "lost P", "ST inverted")
ENGINE_FAULTS = ("resonance moved", "resonance damped")

ANGLES = np.array([-np.pi / 3, -np.pi / 12, 0, np.pi / 12, np.pi / 2])
HEIGHTS = np.array([1.2, -5, 30, -7.5, 0.75])
SPREADS = np.array([0.25, 0.1, 0.1, 0.1, 0.4])
"""Of the waves P, Q, R, S and T, from the paper's table."""
BEAT_HEIGHTS = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 1, 1], [0, 1, 1, 1, 1], [1, 1, 1, 1, -1]])
BEAT_SPREADS = np.array([[1, 1, 1, 1, 1], [1, 1.8, 1.8, 1.8, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]])
"""What a normal beat, an early one, one without P and one with ST inverted make of them."""
EARLY = 0.75
"""The interval of an early beat, of a normal one's."""


def bearings(
    rng: np.random.Generator, n: int, fault: Faults = None, T: int = 512, rate: int = 5120
) -> Signals:
    """Return vibration: shaft harmonics, coloured noise, and the impulses of a defect with slip."""
    time = np.arange(T) / rate
    shaft = rng.uniform(24, 36, n)[:, None]
    x = np.zeros((n, T))
    for order, height in ((1, 1.0), (2, 0.5), (3, 0.3)):
        heights = height * rng.uniform(0.7, 1.3, (n, 1))
        x += heights * np.sin(2 * np.pi * order * shaft * time + rng.uniform(0, 2 * np.pi, (n, 1)))
    ringing = np.exp(-700 * time) * np.sin(2 * np.pi * 1500 * time)
    short = ringing[:200] / np.linalg.norm(ringing[:200])
    noise = 0.6 * rng.normal(size=(n, T)) + 0.5 * lfilter(short, 1, rng.normal(size=(n, T)), axis=1)
    x += np.exp(rng.normal(0, 0.15, (n, 1))) * noise
    for i in range(n if fault is not None else 0):
        _strike(rng, x[i], ringing, shaft[i, 0], fault[i] == 1, rate)
    return x


def _strike(
    rng: np.random.Generator, x: Signals, ringing: Signals, shaft: float, inner: bool, rate: int
) -> None:
    """Add the impulses of a defect to a signal (T,): of the inner race, modulated by the shaft."""
    often = (5.625 if inner else 3.375) * shaft
    strength = 2.5 * np.exp(rng.normal(0, 0.25))
    at = rng.uniform(0, 1 / often)
    while at < len(x) / rate:
        place = int(at * rate)
        height = strength * (0.7 + 0.5 * np.cos(2 * np.pi * shaft * at) if inner else 1)
        x[place:] += height * ringing[: len(x) - place]
        at += 1 / often * (1 + rng.normal(0, 0.015))


def telemetry(rng: np.random.Generator, n: int, fault: Faults = None, T: int = 256) -> Signals:
    """Return a daily cycle with a harmonic, an offset and AR(1) noise."""
    period, start = rng.uniform(30, 34, n)[:, None], rng.uniform(0, 2 * np.pi, (n, 1))
    phase = 2 * np.pi * np.arange(T) / period + start
    for i in np.flatnonzero(fault == 3) if fault is not None else ():
        at, speed = rng.integers(0, T - 85), 1.18 if rng.random() < 0.5 else 1 / 1.18
        steps = np.full(T, 2 * np.pi / period[i, 0])
        steps[at : at + 85] *= speed
        phase[i] = start[i] + np.cumsum(steps)
    x = np.sin(phase) + 0.4 * np.sin(2 * phase)
    noise = lfilter([1], [1, -0.7], rng.normal(size=(n, T + 50)), axis=1)[:, 50:]
    x += 0.3 * noise * np.sqrt(1 - 0.49)
    x += rng.normal(0, 0.2, (n, 1))
    for i in range(n if fault is not None else 0):
        _disturb(rng, x[i], int(fault[i]))
    return x


def _disturb(rng: np.random.Generator, x: Signals, fault: int) -> None:
    sign, T = rng.choice([-1, 1]), len(x)
    if fault == 0:
        at = rng.integers(0, T - 2)
        x[at : at + 2] += 0.9 * sign
    if fault == 1:
        at = rng.integers(1, T - 19)
        x[at : at + 19] = x[at - 1] + rng.normal(0, 0.05, 19)
    if fault == 2:
        at = rng.integers(0, T - 85)
        x[at : at + 85] += 0.48 * sign


def heartbeats(rng: np.random.Generator, n: int, fault: Faults = None, T: int = 256) -> Signals:
    """Return two seconds of heart at 128 Hz by the equations of McSharry and others, in steps of 1/256 s."""
    odd = np.full(n, -1) if fault is None else fault
    beats = np.zeros((n, 4), dtype=int)
    beats[:, 1] = odd + 1
    beats[odd == 2] = 3
    heights = HEIGHTS * np.exp(rng.normal(0, 0.1, (n, 5)))
    spreads = SPREADS * np.exp(rng.normal(0, 0.05, (n, 5)))
    intervals = np.clip(rng.normal(1, 0.06, (n, 4)), 0.7, 1.4)
    intervals[beats == 1] *= EARLY
    x, _ = _hearts(rng, heights, spreads, intervals, beats, 2 * T)
    x = x[:, 1::2]
    return x / x.std() + 0.08 * rng.normal(size=(n, T))


def _hearts(
    rng: np.random.Generator, heights: Signals, spreads: Signals, intervals: Signals, beats: Any, n_steps: int
) -> tuple[Signals, NDArray[np.int64]]:
    """Solve the equations at 256 Hz, and return the signals (n, n_steps) and the kind of beat at each step.

    ``beats`` (n, B) has the kind of each beat, 0 normal, and ``intervals`` its seconds.
    """
    n, last = len(beats), beats.shape[1] - 1
    rows, step = np.arange(n), 1 / 256
    angle, z, beat = rng.uniform(-np.pi, -0.6 * np.pi, n), np.zeros(n), np.zeros(n, dtype=int)
    frequency, phase = rng.uniform(0.2, 0.3, n), rng.uniform(0, 6.28, n)
    wander = 0.005 * rng.uniform(0.5, 1.5, n)
    x, kinds = np.zeros((n, n_steps)), np.zeros((n, n_steps), dtype=int)
    for k in range(n_steps):
        now = np.minimum(beat, last)
        kind = kinds[:, k] = beats[rows, now]
        a, b = heights * BEAT_HEIGHTS[kind], spreads * BEAT_SPREADS[kind]
        away = (angle[:, None] - ANGLES + np.pi) % (2 * np.pi) - np.pi
        base = wander * np.sin(2 * np.pi * frequency * k * step + phase)
        speed = 2 * np.pi / intervals[rows, now]
        waves = (a * away * np.exp(-(away**2) / (2 * b**2))).sum(1) * speed / (2 * np.pi)
        z = x[:, k] = z + step * (-waves - (z - base))
        angle = angle + speed * step
        done = angle > np.pi
        angle[done] -= 2 * np.pi
        beat[done] += 1
    return x, kinds


def engines(rng: np.random.Generator, n: int, fault: Faults = None, T: int = 512) -> Signals:
    """Return stationary noise through three resonances, of mean 0 and deviation 1."""
    odd = np.full(n, -1) if fault is None else fault
    x = np.zeros((n, T))
    for place, radius, height in ((0.04, 0.985, 1.0), (0.11, 0.97, 0.8), (0.2, 0.95, 0.5)):
        frequency = place * np.exp(rng.normal(0, 0.04, n))
        frequency = np.where((odd == 0) & (place == 0.11), 1.18 * frequency, frequency)
        radii = np.where((odd == 1) & (place == 0.04), 0.96, radius)
        for i in range(n):
            filtered = [1, -2 * radii[i] * np.cos(2 * np.pi * frequency[i]), radii[i] ** 2]
            noise = lfilter([1], filtered, rng.normal(size=T + 200))[200:]
            x[i] += height * np.exp(rng.normal(0, 0.2)) * noise / noise.std()
    x += 0.2 * rng.normal(size=(n, T))
    return (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)


SUITES: dict[str, tuple[Callable[..., Signals], tuple[str, ...]]] = {
    "bearing": (bearings, BEARING_FAULTS),
    "ecg": (heartbeats, HEART_FAULTS),
    "engine": (engines, ENGINE_FAULTS),
    "telemetry": (telemetry, TELEMETRY_FAULTS),
}


def draw(
    suite: str, seed: int, corruption: float, n: int = 560, n_test: int = 300
) -> tuple[Signals, Signals, NDArray[np.bool_]]:
    """Return training signals, test signals and which of these are faulty.

    Parameters
    ----------
    suite : str
        A name in ``SUITES``.
    seed : int
        Of the draw.
    corruption : float
        The share of the training signals that are faulty, each fault as likely as the others.
    n, n_test : int
        Normal signals to train, and normal and faulty ones to test.
    """
    make, faults = SUITES[suite]
    rng = np.random.default_rng([seed, sorted(SUITES).index(suite)])
    odd = round(n * corruption / (1 - corruption))
    parts = [make(rng, n)]
    if odd:
        parts.append(make(rng, odd, rng.integers(0, len(faults), odd)))
    else:
        make(rng, 1)  # keeps the test signals of an earlier version
    tests = [make(rng, n_test), make(rng, n_test, rng.integers(0, len(faults), n_test))]
    return np.concatenate(parts), np.concatenate(tests), np.arange(2 * n_test) >= n_test


SERIES_FAULTS = ("spike", "frozen", "shift", "period", "reversed")


def long_series(rng: np.random.Generator, T: int, share: float) -> tuple[Signals, NDArray[np.int64]]:
    """Return a series (T,) of a drifting period near 50 with AR(1) noise, and each point's fault, 0 none.

    A spike is one point, the other faults take 30 to 69 points; they stand 80 points apart at least, or half
    as far where a thousand tries in a row found no such place.
    """
    period = np.clip(50 * np.exp(np.cumsum(rng.normal(0, 0.01, T)) * 0.2), 44, 56)
    noise = rng.normal(size=T + 50)
    kinds, steps = np.zeros(T, dtype=int), 2 * np.pi / period
    events: list[tuple[int, int, int]] = []
    apart, failed = 80, 0
    while (kinds > 0).sum() < share * T:
        fault = int(rng.integers(5))
        length = 1 if fault == 0 else int(rng.integers(30, 70))
        at = int(rng.integers(100, T - length - 100))
        if kinds[max(0, at - apart) : at + length + apart].any():
            failed += 1
            apart = apart // 2 if failed % 1000 == 0 else apart
            continue
        failed = 0
        kinds[at : at + length] = fault + 1
        events.append((fault, at, length))
        if fault == 3:
            steps[at : at + length] *= 1.6
    phase = np.cumsum(steps)
    x = np.sin(phase) + 0.4 * np.sin(2 * phase + 0.5) + 0.15 * lfilter([1], [1, -0.7], noise)[50:]
    for fault, at, length in events:
        _spoil(rng, x[at : at + length], fault)
    return x, kinds


def _spoil(rng: np.random.Generator, part: Signals, fault: int) -> None:
    changes: dict[int, Callable[[], Any]] = {
        0: lambda: part + 1.5 * rng.choice([-1, 1]),
        1: lambda: np.full_like(part, part[0]),
        2: lambda: part + 0.8 * rng.choice([-1, 1]),
        4: lambda: part[::-1].copy(),
    }
    if fault in changes:
        part[:] = changes[fault]()


def heart_series(rng: np.random.Generator, T: int, share: float) -> tuple[Signals, NDArray[np.int64]]:
    """Return a heart (T,) at 64 Hz, a beat near 64 points long, and each point's fault, 0 none.

    An odd beat is early and wide, lacks P, or has ST inverted; two normal ones stand between at least.
    """
    n_beats = T // 40
    beats = np.zeros((1, n_beats), dtype=int)
    places = 3 * rng.permutation(np.arange(1, T // (3 * 64)))
    chosen = places[: round(share * T / 64)]
    beats[0, chosen] = rng.integers(1, 4, len(chosen))
    intervals = np.clip(rng.normal(1, 0.05, (1, n_beats)), 0.7, 1.4)
    intervals[beats == 1] *= EARLY
    x, kinds = _hearts(rng, HEIGHTS[None], SPREADS[None], intervals, beats, 4 * T)
    return x[0, 3::4] / x.std() + 0.08 * rng.normal(size=T), kinds[0, 3::4]


SERIES: dict[str, Callable[[np.random.Generator, int, float], tuple[Signals, NDArray[np.int64]]]] = {
    "periodic": long_series,
    "heart": heart_series,
}
