"""What the README and the docs say of published reports is what these say."""

from __future__ import annotations

import re

import pytest

from tests.docs.claims import CLAIMS, ROOT
from tests.docs.snippets import PAGES

APART = re.compile(r"^```.*?^```|!\[.*?\)", re.DOTALL | re.MULTILINE)
"""Fences and pictures."""
FIGURE = re.compile(r"\d ?%|\d points|AUROC \d|\d and \d")
REPORT = re.compile(r"reports/[a-z]")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.text[:50])
def test_a_page_says_what_its_report_says(claim):
    found = claim.found()
    assert found is not None, f"{claim.page} does not say: {claim.text}"
    assert list(found.groups()) == [str(figure) for figure in claim.figures()], (
        "run python -m tests.docs.claims"
    )
    assert claim.holds()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_paragraph_with_figures_of_a_report_is_checked(page):
    text = APART.sub("", page.read_text(encoding="utf-8"))
    claims = [claim for claim in CLAIMS if ROOT / claim.page == page]
    for paragraph in text.split("\n\n"):
        if REPORT.search(paragraph) and FIGURE.search(paragraph):
            assert any(claim.pattern.search(paragraph) for claim in claims), paragraph
