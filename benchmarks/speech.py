"""What do quantised codes say of speech, and who speaks when they are decoded for another speaker?

Synthetic speech by espeak-ng: five voices say twelve phonemes at many pitches and speeds; vowels alone,
consonants between two vowels. A row is the log-mel spectrogram of 190 ms around the middle of a recording, a
signal of 40 channels. Conversion: a decoder that was told the speaker decodes the codes of one as another; a
classifier trained apart, on other recordings, says who speaks and what. Purity: each code says the phoneme
that it stands for most often in training; of held-out recordings it is right in a share of the places, beside
always saying the most common phoneme. A place has the phoneme of its recording, also where a vowel around a
consonant sounds there, so that a code says more than is counted. Outliers: recordings of a sixth voice, or
with noise, in training too.

    python benchmarks/speech.py --output reports/speech

writes ``conversion.csv``, ``codes.csv``, ``outliers.csv``, ``report.md`` and a picture of some conversions by
each method; it needs espeak-ng.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.io import wavfile
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.signals import markdown
from robustgen import SQVAE, VQVAE, RobustDetector, Signals
from robustgen.descriptors.log_mel import log_mel
from robustgen.metrics import auroc

VOICES = ("m1", "m3", "m7", "f2", "f4")
OTHER_VOICE = "f5"
VOWELS = ("i:", "E", "a", "A:", "O:", "u:", "3:")
CONSONANTS = ("s", "S", "m", "n", "l")
PHONEMES = (*VOWELS, *CONSONANTS)
N_POINTS, N_MELS, WINDOW = 4352, 40, 512
"""Points of a recording, 190 ms at 22 kHz: sixteen frames."""
SHARES = (0.0, 0.1, 0.3)

Values = NDArray[np.floating[Any]]


class Speech(NamedTuple):
    """Recordings: waves (n, T), their rate, and who says what, (n,) each."""

    waves: Values
    rate: int
    speakers: NDArray[np.int64]
    phonemes: NDArray[np.int64]

    def rows(self) -> Signals:
        """Return the log-mel spectrograms as signals (n, 40, 16)."""
        return Signals(log_mel(self.waves[:, None], self.rate, N_MELS, WINDOW)[:, 0, :, :16])


def spoken(voices: tuple[str, ...], n_each: int, seed: int) -> Speech:
    """Let every voice say every phoneme so many times."""
    rng = np.random.default_rng(seed)
    said = [(v, p) for v in range(len(voices)) for p in range(len(PHONEMES)) for _ in range(n_each)]
    waves = []
    with tempfile.TemporaryDirectory() as folder:
        for voice, phoneme in said:
            rate, wave = _recorded(voices[voice], PHONEMES[phoneme], rng, Path(folder) / "said.wav")
            waves.append(wave)
    speakers, phonemes = np.array(said).T
    return Speech(np.stack(waves), rate, speakers, phonemes)


def _recorded(voice: str, phoneme: str, rng: np.random.Generator, path: Path) -> tuple[int, Values]:
    """Return the rate and the middle (T,) of what a voice says, without the silence around it."""
    text = f"[[{phoneme}]]" if phoneme in VOWELS else f"[[a{phoneme}a]]"
    pitch, speed = str(rng.integers(35, 65)), str(rng.integers(120, 170))
    command = ["espeak-ng", "-v", f"en+{voice}", "-p", pitch, "-s", speed, "-w", str(path), text]
    subprocess.run(command, check=True)
    rate, wave = wavfile.read(path)
    loud = np.flatnonzero(np.abs(wave) > 0.02 * np.abs(wave).max())
    start = (loud[0] + loud[-1] - N_POINTS) // 2 + rng.integers(-256, 257)
    padded = np.pad(wave.astype(float), N_POINTS)
    middle = padded[start + N_POINTS : start + 2 * N_POINTS] / 2**15
    return rate, middle + 1e-3 * rng.normal(size=N_POINTS)


def statistics(rows: Values) -> Values:
    """Return the mean and the standard deviation of each band over time (n, 80)."""
    return np.concatenate([np.mean(rows, axis=2), np.std(rows, axis=2)], axis=1)


def conversion(detector: VQVAE, test: Speech, apart: Speech) -> dict[str, float]:
    """Return what a classifier says of recordings, and of each decoded as every other speaker."""
    who, what = (
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(statistics(apart.rows()), y)
        for y in (apart.speakers, apart.phonemes)
    )
    rows, codes = test.rows(), detector.encode_codes(test.rows())
    found = {"target": [], "source": [], "phoneme": [], "codes": []}
    for step in range(1, len(VOICES)):
        target = (test.speakers + step) % len(VOICES)
        made = detector.convert(rows, target)
        says = who.predict(statistics(made))
        found["target"].append(np.mean(says == target))
        found["source"].append(np.mean(says == test.speakers))
        found["phoneme"].append(np.mean(what.predict(statistics(made)) == test.phonemes))
        found["codes"].append(np.mean(detector.encode_codes(made) == codes))
    return {
        "speaker, real recordings": who.score(statistics(rows), test.speakers),
        "phoneme, real recordings": what.score(statistics(rows), test.phonemes),
        "target speaker recognised": np.mean(found["target"]),
        "source speaker recognised": np.mean(found["source"]),
        "phoneme recognised": np.mean(found["phoneme"]),
        "codes equal when encoded again": np.mean(found["codes"]),
    }


def pictures(detector: VQVAE, test: Speech, path: Path) -> None:
    """Draw some recordings, each decoded as another speaker, and that speaker's own recording."""
    rows = test.rows()
    figure, axes = plt.subplots(3, 4, figsize=(8, 5), layout="constrained")
    for column, phoneme in zip(axes.T, (0, 3, 7, 9), strict=True):
        source, own = (
            np.flatnonzero((test.phonemes == phoneme) & (test.speakers == speaker))[0] for speaker in (0, 4)
        )
        shown = {
            f"{VOICES[0]} says {PHONEMES[phoneme]}": rows[source],
            f"decoded as {VOICES[4]}": detector.convert(rows[source : source + 1], 4)[0],
            f"{VOICES[4]} says {PHONEMES[phoneme]}": rows[own],
        }
        for ax, (title, values) in zip(column, shown.items(), strict=True):
            ax.imshow(np.asarray(values), origin="lower", aspect="auto", vmin=rows.min(), vmax=rows.max())
            ax.set_title(title, fontsize=9)
            ax.set_axis_off()
    figure.savefig(path, dpi=80)


def purity(detector: VQVAE, train: Speech, test: Speech) -> dict[str, float]:
    """Return how often a code says the phoneme of its place, and how many codes are used."""
    codes = detector.encode_codes(train.rows())
    n_codes = int(detector.net_.quantizer.n_codes)
    counts = np.zeros((n_codes, len(PHONEMES)))
    np.add.at(counts, (codes, train.phonemes[:, None]), 1)
    says = counts.argmax(1)[detector.encode_codes(test.rows())]
    always = np.bincount(train.phonemes).argmax()
    return {
        "phoneme by code": np.mean(says == test.phonemes[:, None]),
        "most common phoneme": np.mean(test.phonemes == always),
        "codes used": float(detector.codes_used_.sum()),
        "perplexity": float(detector.codebook_perplexity_.mean()),
    }


def outliers(train: Speech, test: Speech, seed: int) -> list[dict[str, Any]]:
    """Return the AUROC of detectors when some training recordings are outliers."""
    rng, rows = np.random.default_rng(seed), []
    other = spoken((OTHER_VOICE,), 40, seed + 3)
    noisy = test.waves + 0.5 * test.waves.std(1, keepdims=True) * rng.normal(size=test.waves.shape)
    for kind, odd in {"another voice": other.waves, "noise": noisy}.items():
        odd = odd[rng.permutation(len(odd))]
        unseen, mixed_in = odd[: len(odd) // 2], odd[len(odd) // 2 :]
        normal = train.waves[rng.permutation(len(train.waves))]
        for share in SHARES:
            n_odd = round(len(mixed_in) * share / max(SHARES))
            n_normal = round(len(mixed_in) / max(SHARES)) - n_odd
            dirty = np.concatenate([normal[:n_normal], mixed_in[:n_odd]])
            tested = np.concatenate([test.waves, unseen])
            faulty = np.arange(len(tested)) >= len(test.waves)
            for name, errors in _all_errors(dirty, tested, train.rate).items():
                rows.append(
                    {"outliers": kind, "share": share, "method": name, "auroc": auroc(faulty, errors)}
                )
    return rows


def _all_errors(train: Values, test: Values, rate: int) -> dict[str, Values]:
    detector = RobustDetector(epochs=1, n_members=1, random_state=0).fit(Signals(train))
    seen, asked = (statistics(Speech(waves, rate, waves, waves).rows()) for waves in (train, test))
    scaler = StandardScaler().fit(seen)
    seen, asked = scaler.transform(seen), scaler.transform(asked)
    near = {f"KNN {k}, log-mel statistics": NearestNeighbors(n_neighbors=k).fit(seen) for k in (5, 50)}
    errors = {name: known.kneighbors(asked)[0].mean(1) for name, known in near.items()}
    forest = IsolationForest(random_state=0).fit(seen)
    return {
        "RobustDetector, signals": -detector.score_samples(Signals(test)),
        **errors,
        "IForest, log-mel statistics": -forest.score_samples(asked),
    }


def detectors(steps: int) -> dict[str, VQVAE | SQVAE]:
    """Return the quantised detectors, not fitted."""
    usual: dict[str, Any] = {"epochs": None, "training": {"steps": steps}, "random_state": 0}
    robust = usual | {"codebook_training": True}
    return {
        "VQ-VAE": VQVAE(quantisation={"n_codes": 64}, **robust),
        "VQ-VAE, 8 codes": VQVAE(quantisation={"n_codes": 8}, **robust),
        "SQ-VAE": SQVAE(quantisation={"n_codes": 64}, **usual),
    }


def tables(steps: int, n_each: int, folder: Path) -> dict[str, pd.DataFrame]:
    """Return what is measured, by the name of its file."""
    train, test, apart = (spoken(VOICES, n, seed) for seed, n in enumerate((n_each, 6, 12)))
    converted, said = [], []
    for name, detector in detectors(steps).items():
        start = time.process_time()
        detector.fit(train.rows(), labels=train.speakers)
        seconds = {"method": name, "seconds": round(time.process_time() - start)}
        converted.append(seconds | conversion(detector, test, apart))
        said.append({"method": name} | purity(detector, train, test))
        pictures(detector, test, folder / f"{name.lower().replace(', ', '-').replace(' ', '-')}.png")
    parts = {"conversion": converted, "codes": said, "outliers": outliers(train, test, 0)}
    return {name: pd.DataFrame(rows).round(4) for name, rows in parts.items()}


def report(measured: dict[str, pd.DataFrame], command: str) -> str:
    """Return the report as Markdown."""
    parts = [f"# Speech\n\nMade by `{command}`. {(__doc__ or '').split('    python')[0].strip()}\n"]
    by_measure = measured["conversion"].set_index("method").T.reset_index(names="measure")
    parts.append(f"## Conversion\n\n{markdown(by_measure)}")
    parts.append(f"## What a code says\n\n{markdown(measured['codes'])}")
    wide = 100 * measured["outliers"].pivot_table(
        index="method", columns=["outliers", "share"], values="auroc"
    )
    wide.columns = [f"{kind}, {share}" for kind, share in wide]
    parts.append(
        f"## Outliers: AUROC x 100, by their share in training\n\n{markdown(wide.round(1).reset_index())}"
    )
    parts.append("![spectrograms, converted by 64 codes](vq-vae.png)\n")
    parts.append("![spectrograms, converted by 8 codes](vq-vae-8-codes.png)\n")
    return "\n".join(parts)


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--each", type=int, default=12, help="recordings of a phoneme by a voice, to train")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        sys.exit("espeak-ng is not installed, so there is no speech to measure: apt install espeak-ng")
    torch.set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    measured = tables(options.steps, options.each, options.output)
    for name, table in measured.items():
        table.to_csv(options.output / f"{name}.csv", index=False)
    command = f"python benchmarks/speech.py --output {options.output}"
    (options.output / "report.md").write_text(report(measured, command))


if __name__ == "__main__":
    main()
