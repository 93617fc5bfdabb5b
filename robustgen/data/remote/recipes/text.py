"""Texts as rows: sublinear tf-idf of the most frequent words, each row of length 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def numbers(columns: Iterable[NDArray]) -> NDArray[np.float32]:
    """Put columns side by side, those of words one-hot in alphabetical order.

    Examples
    --------
    >>> numbers([np.array(["udp", "tcp"]), np.array([7, 9])])
    array([[0., 1., 7.],
           [1., 0., 9.]], dtype=float32)
    """
    return np.column_stack([_numbers(column) for column in columns]).astype(np.float32)


def _numbers(column: NDArray) -> NDArray:
    if column.dtype.kind in "biuf":
        return column
    words, index = np.unique(column, return_inverse=True)
    return np.eye(words.size, dtype=np.float32)[index]


N_WORDS = 10_000
"""The most words of a vocabulary."""


def tf_idf(texts: Sequence[str]) -> dict[str, NDArray]:
    """Return the parts of a CSR matrix (n, words), and the words.

    (1 + log tf) (1 + log((1 + n) / (1 + df))), the rows divided by their length; tf counts a word in
    a text and df the texts that hold it. Fitted on all texts: transductive by nature.

    Parameters
    ----------
    texts : sequence of str (n,)
        The documents.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        max_features=N_WORDS, sublinear_tf=True, stop_words="english", dtype=np.float32
    )
    X = vectorizer.fit_transform(texts)
    return {
        "X_data": X.data,
        "X_indices": X.indices,
        "X_indptr": X.indptr,
        "X_shape": np.array(X.shape),
        "vocab": vectorizer.get_feature_names_out().astype(np.str_),
    }
