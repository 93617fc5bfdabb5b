"""Answers of a person, as a suite plays them: which training rows are judged, and how many wrongly."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError, suggest

if TYPE_CHECKING:  # who plans cells needs no detectors
    from robustgen.detectors.answers import Answers

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Answering:
    """How a detector's training rows are judged before it is fitted.

    Parameters
    ----------
    n : int
        How many rows are judged.
    strategy : {"middles", "random", "suspicious"}
        Which: those that :func:`robustgen.questions` names, rows drawn at random, or the lowest scores of the
        detector itself, fitted without answers.
    wrong : float in [0, 1)
        The share of wrong answers; where it is above 0, one is wrong at least.

    Examples
    --------
    >>> Answering(10).called("robust"), Answering(20, "random", wrong=0.1).called("robust")
    ('robust, 10 answers', 'robust, 20 answers (random, 10 % wrong)')
    """

    n: int
    strategy: str = "middles"
    wrong: float = 0.0

    def called(self, detector: str) -> str:
        """Return what a detector is called in records and reports that had these answers."""
        remarks = [self.strategy] * (self.strategy != "middles")
        remarks += [f"{100 * self.wrong:g} % wrong"] * (self.wrong > 0)
        return f"{detector}, {self.n} answers" + (f" ({', '.join(remarks)})" if remarks else "")

    def told(self, detector: str) -> dict[str, Any]:
        """Return what the record of a detector tells of its answers."""
        return {"detector": detector, "answers": self.n, "strategy": self.strategy, "wrong": self.wrong}

    def judge(self, detector: Any, X: Any, outlier: NDArray[np.bool_], seed: int) -> Answers:
        """Return the answers for some rows of X.

        Parameters
        ----------
        detector : estimator
            Not yet fitted; "suspicious" fits a copy.
        X : array or CSR matrix, (n, ...)
            The training rows.
        outlier : ndarray of bool, (n,)
            What a person would see in them.
        seed : int
            Of what is drawn.
        """
        from robustgen.detectors.answers import Answers

        asked = STRATEGIES[self.strategy](detector, X, self.n, seed)
        said = outlier[asked]
        if self.wrong > 0:
            n_wrong = max(1, round(self.wrong * len(asked)))
            turned = np.random.default_rng(seed).choice(len(asked), n_wrong, replace=False)
            said = said ^ np.isin(np.arange(len(asked)), turned)
        return Answers(normal=list(asked[~said]), outliers=list(asked[said]))


def _middles(detector: Any, X: Any, n: int, seed: int) -> Places:
    from robustgen.detectors.questions import questions

    return questions(X, n, random_state=seed)


def _random(detector: Any, X: Any, n: int, seed: int) -> Places:
    return np.random.default_rng(seed).permutation(X.shape[0])[:n]


def _suspicious(detector: Any, X: Any, n: int, seed: int) -> Places:
    scores = copy.deepcopy(detector).fit(X).score_samples(X)
    return np.argsort(scores, kind="stable")[:n]


STRATEGIES: dict[str, Callable[[Any, Any, int, int], Places]] = {
    "middles": _middles,
    "random": _random,
    "suspicious": _suspicious,
}
"""Which rows a person is asked about."""


@dataclass(frozen=True)
class Questioning:
    """The answers that the detectors of a suite are given, beside a run without any.

    Parameters
    ----------
    answers : tuple of int
        How many rows are judged; 0 stands for the run without, which there is in any case.
    strategies : tuple of str
        Which rows; see :class:`Answering`.
    wrong : float in [0, 1)
        With a share above 0, "middles" are measured with as many wrong answers as well.
    """

    answers: tuple[int, ...] = ()
    strategies: tuple[str, ...] = tuple(STRATEGIES)
    wrong: float = 0.0

    def check(self) -> None:
        """Refuse what cannot be asked.

        Raises
        ------
        UsageError
            With the first fault.
        """
        for n in self.answers:
            if not isinstance(n, int) or n < 0:
                raise UsageError(f"got {n} answers, expected a number of 0 or more: choose another")
        if not 0 <= self.wrong < 1:
            raise UsageError(f"got wrong = {self.wrong:g}, expected a share of 0 to below 1: choose another")
        for strategy in self.strategies:
            if strategy not in STRATEGIES:
                known = ", ".join(STRATEGIES)
                raise UsageError(
                    f"got strategy '{strategy}', expected one of {known}{suggest(strategy, STRATEGIES)}"
                )

    def answerings(self) -> list[Answering]:
        """Return each way of answering once.

        Examples
        --------
        >>> [how.called("robust") for how in Questioning((0, 5), ("middles",), wrong=0.2).answerings()]
        ['robust, 5 answers', 'robust, 5 answers (20 % wrong)']
        """
        numbers = dict.fromkeys(n for n in self.answers if n > 0)
        right = [Answering(n, strategy) for strategy in self.strategies for n in numbers]
        wrong = [Answering(n, wrong=self.wrong) for n in numbers] * (self.wrong > 0)
        return right + wrong
