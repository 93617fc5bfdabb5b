"""Texts as rows: sublinear tf-idf of the most frequent words, each row of length 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: The most words of a vocabulary.
N_WORDS = 10_000


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
