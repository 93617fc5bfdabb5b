"""Reuters-21578: newswire articles in 22 SGML files, each article with its topics.

Lewis, Reuters-21578 text categorization collection, distribution 1.0, 1997.
"""

from __future__ import annotations

import html
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robustgen.data.remote.recipes.text import tf_idf

N_TOPICS = 10
"""Topics that are classes: those with the most articles that have no other topic."""

_ARTICLE = re.compile(r"<REUTERS(?P<attributes>[^>]*)>(?P<content>.*?)</REUTERS>", re.DOTALL)
_TOPICS = re.compile(r"<TOPICS>(.*?)</TOPICS>", re.DOTALL)
_TOPIC = re.compile(r"<D>(.*?)</D>")
_TEXTS = re.compile(r"<(?:TITLE|BODY)>(.*?)</(?:TITLE|BODY)>", re.DOTALL)


@dataclass(frozen=True)
class Article:
    """One article.

    Parameters
    ----------
    text : str
        Title and body.
    topics : tuple of str
        Its topics, often none.
    test : bool
        Whether Lewis' split puts it into the test part.
    """

    text: str
    topics: tuple[str, ...]
    test: bool


def reuters(folder: Path) -> dict[str, NDArray]:
    """Return the tf-idf of the articles that have one topic, of the ten biggest ones."""
    articles = [one for one in _articles(folder / "reuters21578.tar.gz") if len(one.topics) == 1]
    sizes = Counter(one.topics[0] for one in articles)
    biggest = sorted(sizes, key=lambda topic: (-sizes[topic], topic))[:N_TOPICS]
    kept = [one for one in articles if one.topics[0] in biggest]
    return {
        **tf_idf([one.text for one in kept]),
        "y": np.array([biggest.index(one.topics[0]) for one in kept], dtype=np.uint8),
        "split": np.array([one.test for one in kept], dtype=np.uint8),
        "class_names": np.array(biggest),
    }


def parse(sgml: str) -> Iterator[Article]:
    """Yield the articles of one file."""
    for found in _ARTICLE.finditer(sgml):
        content = found["content"]
        topics = _TOPICS.search(content)
        yield Article(
            text=html.unescape("\n".join(_TEXTS.findall(content))),
            topics=tuple(_TOPIC.findall(topics[1] if topics else "")),
            test='LEWISSPLIT="TEST"' in found["attributes"],
        )


def _articles(path: Path) -> Iterator[Article]:
    with tarfile.open(path) as archive:
        members = sorted(archive.getmembers(), key=lambda member: member.name)
        for member in members:
            file = archive.extractfile(member) if member.name.endswith(".sgm") else None
            if file is not None:
                yield from parse(file.read().decode("latin-1"))
