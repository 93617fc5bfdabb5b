"""
Another voice, and the frames to come
=====================================

A quantised detector whose decoder is told a label leaves to the label what the codes need not say. So the
codes of one speaker, decoded as another, say the same in the other's voice; and a prior over codes goes on
with a clip that has begun, as its label says. Both sets are made here: vowels by two voices, and a block that
is pushed through frames.
"""

# %%
# Vowels: pulses of a pitch through three resonances, at their places for each vowel; the second voice has a
# higher pitch, and a shorter throat moves its resonances up.
import numpy as np
from scipy.signal import lfilter

from robustgen import VQVAE, ClipGenerator, Clips, Signals
from robustgen.descriptors.log_mel import log_mel

rng = np.random.default_rng(0)
RATE, N_POINTS = 8000, 2304
VOWELS = {"a": (730, 1090, 2440), "i": (270, 2290, 3010), "u": (300, 870, 2240)}
VOICES = {"low": (110, 1.0), "high": (210, 1.18)}


def vowel(formants: tuple[int, ...], pitch: float, throat: float) -> np.ndarray:
    steps = pitch * rng.uniform(0.9, 1.1) / RATE * np.linspace(1, rng.uniform(0.9, 1.1), N_POINTS)
    wave = np.diff(np.floor(np.cumsum(steps)), prepend=0) + 0.01 * rng.normal(size=N_POINTS)
    for formant in formants:
        angle = 2 * np.pi * formant * throat * rng.uniform(0.97, 1.03) / RATE
        wave = lfilter([1], [1, -2 * 0.97 * np.cos(angle), 0.97**2], wave)
    return wave / np.abs(wave).max()


said = [(v, w) for v in range(len(VOICES)) for w in range(len(VOWELS)) for _ in range(40)]
voices, vowels = np.array(said).T
formants, pitches = list(VOWELS.values()), list(VOICES.values())
waves = np.array([vowel(formants[w], *pitches[v]) for v, w in said])
rows = Signals(log_mel(waves[:, None], RATE, 40, 512)[:, 0, :, :16])
print(f"{len(rows)} log-mel spectrograms of {rows.shape[1]} bands and {rows.shape[2]} frames")

# %%
# Some recordings of each voice are kept from training, and decoded as the other one. Three codes for three
# vowels: with more, they say something of the voice too, whatever the label says.
kept = np.arange(len(rows)) % 40 < 10
speech = VQVAE(
    quantisation={"n_codes": 3}, codebook_training=True, epochs=40, prior_epochs=1, random_state=0
).fit(Signals(np.asarray(rows)[~kept]), labels=voices[~kept])
source = np.asarray(rows)[kept]
converted = speech.convert(source, 1 - voices[kept])

# %%
# A classifier that was trained apart says who speaks, and what.
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

levels = np.asarray(rows)[~kept].mean(2)
who, what = (
    make_pipeline(StandardScaler(), LogisticRegression()).fit(levels, y[~kept]) for y in (voices, vowels)
)
print(f"the other voice is recognised in {np.mean(who.predict(converted.mean(2)) != voices[kept]):.0%}")
print(f"the vowel is recognised in {np.mean(what.predict(converted.mean(2)) == vowels[kept]):.0%}")

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(3, 3, figsize=(8, 6), layout="constrained")
for column, (word, name) in zip(axes.T, enumerate(VOWELS), strict=True):
    low, high = (np.flatnonzero((vowels[kept] == word) & (voices[kept] == v))[0] for v in (0, 1))
    shown = {
        f"low voice, {name}": source[low],
        "converted to the high one": converted[low],
        f"high voice, {name}": source[high],
    }
    for ax, (title, values) in zip(column, shown.items(), strict=True):
        ax.imshow(values, origin="lower", aspect="auto", vmin=source.min(), vmax=source.max())
        ax.set(title=title, xticks=[], yticks=[])
plt.show()

# %%
# Clips: a block of 3 x 3 pixels is pushed up, down, left or right, its label, and stops at the wall.
PUSHES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])


def pushed(n: int) -> tuple[np.ndarray, np.ndarray]:
    labels, places = rng.integers(0, 4, n), rng.integers(0, 6, (n, 2))
    clips = np.zeros((n, 1, 6, 8, 8), dtype=np.float32)
    for i in range(n):
        for t in range(6):
            y, x = (places[i] + t * PUSHES[labels[i]]).clip(0, 5)
            clips[i, 0, t, y : y + 3, x : x + 3] = 1
    return clips, labels


clips, pushes = pushed(300)
frames = VQVAE(
    quantisation={"n_codes": 32},
    nets={"map_side": 2},
    codebook_training=True,
    epochs=10,
    prior_epochs=40,
    random_state=0,
)
generator = ClipGenerator(frames).fit(Clips(clips), labels=pushes)

# %%
# Of new clips the first two frames and the label are given; what is made from them stands below what was
# true.
true, wanted = pushed(200)
made = generator.sample(200, labels=wanted, given=true[:, :, :2], random_state=0)
alike = (np.abs(made - true)[:, 0] < 0.5).mean((2, 3)) > 0.95
shares = " ".join(f"{share:.0%}" for share in alike[:, 2:].mean(0))
print(f"frames with 95 % of their pixels right, 1 to 4 steps ahead: {shares}")

figure, axes = plt.subplots(4, 1, figsize=(7, 5.2), layout="constrained")
for i, pair in enumerate(axes.reshape(2, 2)):
    for ax, (name, clip) in zip(pair, {"true": true[i, 0], "made": made[i, 0]}.items(), strict=True):
        framed = np.pad(clip, ((0, 0), (0, 0), (0, 1)), constant_values=0.5)
        ax.imshow(np.concatenate(list(framed), axis=1), cmap="Greys", vmin=0, vmax=1)
        ax.set(title="true" if name == "true" else "made, the first two frames given", xticks=[], yticks=[])
plt.show()
