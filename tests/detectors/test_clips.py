"""Clips that have begun go on as their label says, and frames are encoded one by one."""

from __future__ import annotations

import numpy as np
import pytest

import robustgen
from robustgen import RVQVAE, SQVAE, VQVAE, ClipGenerator
from robustgen._checks import UsageError

N_CLIPS, N_FRAMES, N_PLACES = 64, 4, 4


def moving_bars(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return clips of a bar that moves two rows a frame, round and round: down by label 0, up by label 1."""
    rng = np.random.default_rng(seed)
    labels, starts = rng.integers(0, 2, N_CLIPS), rng.integers(0, N_PLACES, N_CLIPS)
    places = (starts[:, None] + (1 - 2 * labels)[:, None] * np.arange(N_FRAMES)) % N_PLACES
    shown = np.arange(8) // 2 == places[..., None]
    return np.repeat(shown[..., None], 8, axis=-1).astype(np.float32), labels, places


def place_of(clips: np.ndarray) -> np.ndarray:
    """Return where the bar is in each frame (n, T)."""
    return clips[:, 0].mean(-1).reshape(len(clips), -1, N_PLACES, 2).mean(-1).argmax(-1)


def frames_detector(**parameters) -> VQVAE:
    quick = {"nets": {"map_side": 2, "prior_channels": 16}, "epochs": 10, "prior_epochs": 150}
    return VQVAE(**{"quantisation": {"n_codes": 16}, "random_state": 0} | quick | parameters)


@pytest.fixture(scope="module")
def learnt() -> ClipGenerator:
    clips, labels, _ = moving_bars()
    return ClipGenerator(frames_detector()).fit(clips, labels=labels)


def test_a_beginning_goes_on_as_its_label_says(learnt):
    clips, labels, places = moving_bars(seed=1)
    made = learnt.sample(N_CLIPS, labels=labels, given=clips[:, :1], random_state=0)
    assert made.shape == (N_CLIPS, 1, N_FRAMES, 8, 8)
    assert np.mean(place_of(made) == places) >= 0.9
    other = learnt.sample(N_CLIPS, labels=1 - labels, given=clips[:, :1], random_state=0)
    assert np.mean(place_of(other)[:, 1] == (2 * places[:, 0] - places[:, 1]) % N_PLACES) >= 0.9


def test_what_is_given_begins_the_clip_as_its_codes_say(learnt):
    clips, labels, _ = moving_bars(seed=1)
    begun = clips[:, :2]
    made = learnt.sample(N_CLIPS, labels=labels, given=begun, random_state=0)
    alone = learnt.detector_.reconstruct(begun.reshape(-1, 1, 8, 8)).reshape(begun.shape)
    np.testing.assert_allclose(made[:, 0, :2], alone)


def test_without_a_beginning_the_first_place_is_drawn_too(learnt):
    labels = np.arange(20) % 2
    made = learnt.sample(20, labels=labels, random_state=0)
    places = place_of(made)
    assert len(np.unique(places[:, 0])) > 1
    assert np.mean((np.diff(places) - (1 - 2 * labels)[:, None]) % N_PLACES == 0) >= 0.9
    np.testing.assert_array_equal(made, learnt.sample(20, labels=labels, random_state=0))


def test_a_file_keeps_what_was_learnt(learnt, tmp_path):
    clips, labels, _ = moving_bars(seed=1)
    robustgen.save(learnt, tmp_path / "model")
    loaded = robustgen.load(tmp_path / "model")
    asked = {"labels": labels, "given": clips[:, :1], "random_state": 0}
    np.testing.assert_array_equal(loaded.sample(N_CLIPS, **asked), learnt.sample(N_CLIPS, **asked))


def test_members_go_on_with_the_clips_in_turn():
    clips, _, _ = moving_bars()
    generator = ClipGenerator(frames_detector(n_members=2, prior_epochs=1)).fit(clips)
    made = generator.sample(3, given=clips[:3, :1], random_state=0)
    codes = generator._codes(clips[:3, None, :1])
    first = np.stack([generator.detector_._decoded(codes)[k, i] for i, k in enumerate((0, 1, 0))])
    np.testing.assert_allclose(made[:, :, 0], first)


def test_what_cannot_be_is_said(learnt):
    clips, labels, _ = moving_bars()
    with pytest.raises(UsageError, match="expected a VQVAE or an SQVAE"):
        ClipGenerator(RVQVAE()).fit(clips)
    with pytest.raises(UsageError, match="got labels of shape"):
        ClipGenerator(SQVAE(epochs=1)).fit(clips, labels=labels[:-1])
    with pytest.raises(UsageError, match=r"type <U4, expected \d+ integers"):
        ClipGenerator(SQVAE(epochs=1)).fit(clips, labels=["left"] * len(clips))
    with pytest.raises(UsageError, match="sample takes labels too"):
        learnt.sample(2)
    for given in (clips[:2], clips[:3, :1], clips[:2, :1, :6]):
        with pytest.raises(UsageError, match="expected 2 of 1 channels, 1 to 3 frames and 8 x 8 pixels"):
            learnt.sample(2, labels=[0, 1], given=given)
