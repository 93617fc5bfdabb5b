"""Formulas as MathML, which browsers draw themselves: the site needs no script and no network for them."""

from __future__ import annotations

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

ALIGNED = r"\begin{{split}}{}\end{{split}}"


def mathml(tex: str, *, display: bool) -> str:
    """Return a formula as MathML.

    Examples
    --------
    >>> mathml("x^2", display=False).count("msup")
    2
    """
    plain = (
        re.sub(r"\\(Big|big|Bigg|bigg)[lr]?(?![a-z])", "", tex)
        .replace(r"\arg", r"\mathrm{arg}")
        .replace("{aligned}", "{split}")
    )
    if display and (r"\\" in plain or "&" in plain) and r"\begin" not in plain:
        plain = ALIGNED.format(plain)
    return convert(plain, display="block" if display else "inline")


def inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line."""
    self.body.append(mathml(node.astext(), display=False))
    raise nodes.SkipNode


def block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own."""
    self.body.append(f'<div class="formula">{mathml(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the renderer."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True}
