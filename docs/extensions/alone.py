"""No page of the site asks another host for anything: the build fails where one does."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError

ASKED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LINKED = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload", "manifest"}
"""The tags, and the kinds of a link, that a browser follows by itself."""


class Requests(HTMLParser):
    """The addresses of other hosts that a browser asks for as it opens a page.

    Examples
    --------
    >>> page = Requests()
    >>> page.feed('<a href="https://a.b"></a><script src="//a.b/x.js"></script><img src="own.png">')
    >>> page.found
    ['//a.b/x.js']
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an address that is followed and is not of the site."""
        given = dict(attrs)
        address = given.get(ASKED.get(tag, "")) or ""
        if tag == "link" and LINKED & set((given.get("rel") or "").split()):
            address = given.get("href") or ""
        if address.startswith(("http:", "https:", "//")):
            self.found.append(address)


def requests_of(folder: Path) -> dict[str, list[str]]:
    """Return the requests of each page below a folder that has some."""
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        page = Requests()
        page.feed(path.read_text(encoding="utf-8"))
        if page.found:
            pages[str(path.relative_to(folder))] = page.found
    return pages


def check(app: Sphinx, failed: Exception | None) -> None:
    """Fail a build whose pages need another host."""
    if failed is None and app.builder.format == "html" and (asking := requests_of(Path(app.outdir))):
        name, addresses = next(iter(asking.items()))
        raise SphinxError(f"{len(asking)} pages ask other hosts, the first: {name} asks {addresses[0]}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at the pages once they are written."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True}
