"""A directive that prints the means of a published report: no figure of the site is typed by hand.

.. code-block:: rst

    .. report-table:: quick
       :metric: auroc
       :dataset: digits
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

INDEXED = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<path>[\w/-]+\.(?:md|html))\)")
REPORTS = Path(__file__).parents[2] / "reports"


class ReportTable(SphinxDirective):
    """The mean of a metric over the sets of a report, or on one: a row a detector, a column a corruption."""

    required_arguments = 1
    option_spec = {"metric": directives.unchanged, "dataset": directives.unchanged}  # noqa: RUF012 docutils' own

    def run(self) -> list[nodes.Node]:
        path = REPORTS / self.arguments[0] / "metrics.csv"
        self.env.note_dependency(str(path))
        fits = pd.read_csv(path)
        if "dataset" in self.options:
            fits = fits[fits["dataset"] == self.options["dataset"]]
        means = mean_by_detector(fits, self.options.get("metric", "auroc"))
        return [_table(means), self._link()]

    def _link(self) -> nodes.paragraph:
        """Return a link to the whole report, which `html_extra_path` puts into the site."""
        up = "../" * self.env.docname.count("/")
        name = self.arguments[0]
        kept = (REPORTS / name / "report.html").exists()  # of a large report only the text is
        file = "report.html" if kept else "report.md"
        page = nodes.reference("", "the whole report", refuri=f"{up}{name}/{file}")
        return nodes.paragraph("", "", nodes.Text("Generated from "), page, nodes.Text("."))


def mean_by_detector(fits: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the means (detector by corruption), best at the largest corruption first.

    Fits on a set are averaged before the sets are: sets count alike.
    """
    fits = fits[(fits["status"] == "ok") & ~fits["clean"]]
    by_set = fits.groupby(["detector", "corruption", "dataset"])[metric].mean()
    means = by_set.groupby(["detector", "corruption"]).mean().unstack("corruption")
    return means.sort_values(means.columns[-1], ascending=False)


def _table(means: pd.DataFrame) -> nodes.table:
    heads = ["detector", *(f"c = {corruption:g}" for corruption in means.columns)]
    rows = [[name, *map(_written, values)] for name, values in means.iterrows()]
    group = nodes.tgroup(cols=len(heads))
    group += [nodes.colspec(colwidth=1) for _ in heads]
    group += nodes.thead("", _row(heads))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group)


def _written(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.3f}"  # not every detector ran at every corruption


def _row(cells: list[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph(text=str(cell))) for cell in cells))


def set_root_file(app: Sphinx, name: str, source: list[str]) -> None:
    """Set a file of the repository into its page, with links to what the site holds."""
    if name == "reports":
        source[0] += INDEXED.sub(_site_link, (REPORTS / "README.md").read_text(encoding="utf-8"))
    elif name == "changelog":
        source[0] += (REPORTS.parent / "CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "](")


def _site_link(match: re.Match[str]) -> str:
    page = Path(match["path"]).with_suffix(".html")
    shown = page if (REPORTS / page).exists() else Path(match["path"])
    return f'<a href="{shown}">{match["text"]}</a>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the directive and of pages that are files of the repository."""
    app.add_directive("report-table", ReportTable)
    app.connect("source-read", set_root_file)
    return {"parallel_read_safe": True}
