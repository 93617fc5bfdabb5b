"""Quantised detectors whose decoder and prior may be told a label: a speaker, a machine, an action."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from robustgen._checks import UsageError
from robustgen._fitting import all_at_once
from robustgen._validation import check_rows
from robustgen.detectors.answers import Neighbourhoods
from robustgen.detectors.quantised import QuantisedDetector


class ConditionalDetector(QuantisedDetector):
    """A quantised detector that learns :math:`D(z_q, y)` and :math:`p(c \\mid y)` where rows have labels y.

    What the label says need not be spelled by the codes, so these say the rest. Scores ask for no label: a
    tenth of them are withheld in training.
    """

    n_labels_: int
    _given: Any = None

    @all_at_once
    def fit(self, X: Any, y: Any = None, *, labels: Any = None) -> Any:
        """Learn what the rows have in common.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            The rows, as every detector takes them.
        y : array, Answers or None
            What a person says of some rows, as every detector takes it.
        labels : array of int or None, (n,)
            A label 0, 1, ... of each row, such as who speaks, which the decoder and the prior are told.

        Returns
        -------
        self
            The fitted detector; ``n_labels_`` is 0 where no labels were given.

        Raises
        ------
        ValueError
            As by every detector, and when there is not one label of 0 or more for each row.
        """
        self._given = labels
        super().fit(X, y)
        del self._given
        return self

    def _learn(self, X: Any, judged: Neighbourhoods | None) -> None:
        if hasattr(self, "net_") and self.n_labels_:
            raise UsageError("got rows of a stream, but the detector was fitted with labels: fit it anew")
        self.train_labels_ = None
        if self._given is not None:
            labels = self._checked_labels(self._given, X.shape[0])
            self.train_labels_ = (labels if judged is None else labels[judged.remaining]).numpy()
        self.n_labels_ = 0 if self.train_labels_ is None else int(self.train_labels_.max()) + 1
        super()._learn(X, judged)

    def _n_labels(self) -> int:
        return self.n_labels_

    def _row_labels(self) -> Tensor | None:
        """Return the labels (n,) of the rows that are learnt."""
        return None if self.train_labels_ is None else torch.from_numpy(self.train_labels_)

    def fit_prior(self, labels: Any = None) -> Any:
        """Fit the autoregressive prior to the codes of the training rows.

        ``sample`` does it where it was not done before.

        Parameters
        ----------
        labels : array of int or None, (n,)
            A label 0, 1, ... of each row of ``codes_``, to condition on; ``None`` takes those of ``fit``.

        Returns
        -------
        self
            The detector, with ``prior_``.
        """
        check_is_fitted(self)
        if labels is None and self.train_labels_ is not None:
            labels = self.train_labels_[self.coded_rows_]
        return super().fit_prior(labels)

    def convert(self, X: Any, labels: Any) -> NDArray[np.float64]:
        """Return each row as another label would have it: its codes, decoded with that label.

        Parameters
        ----------
        X : array, DataFrame, CSR matrix or memory map
            Rows shaped like the training rows.
        labels : array of int, (n,), or int
            The label that each row is decoded with, or one for all.

        Returns
        -------
        ndarray of float64, shaped like X
            The members' mean, in the units of X.

        Raises
        ------
        UsageError
            When the detector was fitted without labels, or one of these is none of them.
        """
        check_is_fitted(self)
        if not self.n_labels_:
            raise UsageError("got labels, but the detector was fitted without: fit(X, labels=...)")
        checked = check_rows(self, X, fitting=False)
        n_rows = checked.shape[0]
        everyone = np.broadcast_to(np.asarray(labels), n_rows).copy()
        given = self._checked_labels(everyone, n_rows, self.n_labels_)
        indices = self._indices(checked)
        told = given.to(indices.device).expand(len(indices), -1)
        return self._decoded(indices, told).mean(0)
