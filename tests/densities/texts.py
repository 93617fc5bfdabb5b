"""Texts with planted topics."""

from __future__ import annotations

import numpy as np
from scipy import sparse

N_WORDS = 2000
LENGTH = 40


def topic(first: int, n_words: int) -> np.ndarray:
    """Say how often each word comes: a third of the topic's own words, two thirds of everybody's."""
    own = np.zeros(N_WORDS)
    own[first : first + n_words] = 1 / n_words
    common = 1 / np.arange(10.0, N_WORDS + 10)
    return own / 3 + 2 * common / common.sum() / 3


def texts(*topics: tuple[np.ndarray, int], seed: int = 0) -> sparse.csr_matrix:
    """Draw so many texts of each topic, as counts of words."""
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix(
        np.vstack([rng.multinomial(LENGTH, words, size=n) for words, n in topics]), dtype=float
    )


def corrupted(n_outliers: int, inlier_words: int = 40, outlier_words: int = 40) -> sparse.csr_matrix:
    """Draw 150 texts of a topic, and outliers from three others; few own words make a topic tight."""
    others = [(topic(first, outlier_words), n_outliers // 3) for first in (300, 450, 600)]
    return texts((topic(100, inlier_words), 150), *others)
