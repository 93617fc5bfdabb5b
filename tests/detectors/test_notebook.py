"""How a detector shows in a notebook: what was learnt, escaped, and nothing fetched from outside."""

from __future__ import annotations

import re

import numpy as np
import pytest

from robustgen import Autoencoder

X = np.random.default_rng(0).normal(size=(60, 4))


@pytest.fixture(scope="module")
def fitted():
    return Autoencoder(hidden_dims=(4,), epochs=2, n_members=2, random_state=0).fit(X)


def test_a_fitted_detector_shows_its_audit_and_its_history(fitted):
    bundle = fitted._repr_mimebundle_()
    shown = bundle["text/html"]
    assert "what was learnt" in fitted._repr_html_()
    for said in (
        "60 vectors, 4",
        f"{fitted.contamination_:.1%}",
        "2 (2 members",
        "objective, first and last",
    ):
        assert said in shown
    assert bundle["text/plain"] == repr(fitted)


def test_one_that_is_not_fitted_shows_its_parameters_alone():
    assert "what was learnt" not in Autoencoder()._repr_mimebundle_()["text/html"]


def test_nothing_outside_is_asked_for(fitted):
    shown = fitted._repr_mimebundle_()["text/html"]
    assert not re.search(r"src=|@import|<link|url\((?!['\"]?(data:|#))", shown)


def test_texts_are_escaped(fitted, monkeypatch):
    monkeypatch.setattr(fitted.history_, "_epochs", [{"<b>objective": np.ones(2)}])
    shown = fitted._repr_mimebundle_()["text/html"]
    assert "<b>objective" not in shown
    assert "&lt;b&gt;objective" in shown
