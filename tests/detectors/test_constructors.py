"""Constructors are short, and what detectors share they describe in the same words."""

from __future__ import annotations

import inspect
from collections import defaultdict

import pytest
from numpydoc.docscrape import ClassDoc

import robustgen
from robustgen.detectors.base import Detector

CLASSES = {
    name: getattr(robustgen, name)
    for name in robustgen.__all__
    if inspect.isclass(getattr(robustgen, name)) and issubclass(getattr(robustgen, name), Detector)
}
OF_THE_METHOD = {"latent_dim", "scoring", "net_", "quantisation"}
"""What each method decides in its own way, and says so."""
COMPOSED = {"RobustDetector"}
"""Detectors that hold others: the same names mean what they hand on."""


def wordings() -> dict[str, dict[str, set[str]]]:
    """Return the detectors of each wording of each parameter and attribute, whitespace normalised."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name in set(CLASSES) - COMPOSED:
        documentation = ClassDoc(CLASSES[name])
        for entry in [*documentation["Parameters"], *documentation["Attributes"]]:
            text = " ".join([entry.type, *entry.desc]).split()
            found[entry.name][" ".join(text)].add(name)
    return found


@pytest.mark.parametrize("name", CLASSES)
def test_no_constructor_has_more_than_18_parameters(name):
    assert len(inspect.signature(CLASSES[name]).parameters) <= 18


@pytest.mark.parametrize(("shared", "texts"), sorted(wordings().items()), ids=sorted(wordings()))
def test_what_detectors_share_is_described_word_for_word_alike(shared, texts):
    assert len(texts) == 1 or shared in OF_THE_METHOD, dict(texts)


def test_the_exempt_are_those_that_differ():
    found = wordings()
    assert all(len(found[name]) > 1 for name in OF_THE_METHOD)
