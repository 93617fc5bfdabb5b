"""What every canonicalizer shares: scikit-learn's contract of a transformer that keeps shape and names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from robustgen._fitting import all_at_once
from robustgen._validation import check_signals


class Canonicalizer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator, ABC):
    """A transformer that maps each row to the representative of its orbit under a group.

    Final classes choose the group. What they learn in a fit depends on the orbits alone, so that
    training rows may come in any of their forms.
    """

    _takes_complex: ClassVar[bool]

    input_shape_: tuple[int, ...]
    n_features_in_: int

    @abstractmethod
    def _learn(self, X: NDArray[Any]) -> None:
        """Check the parameters, and learn from the rows what distinguishes the forms of an orbit."""

    @abstractmethod
    def _representatives(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the representative of each row, shaped like X."""

    @all_at_once
    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn the shape of a row, and what distinguishes the forms of an orbit.

        Parameters
        ----------
        X : array or DataFrame
            Rows (n, d), or images (n, H, W) or (n, C, H, W).
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted transformer.

        Raises
        ------
        ValueError
            When a parameter is out of its range, or X holds text, NaN or infinity.
        """
        self._learn(check_signals(self, X, fitting=True, complex_allowed=self._takes_complex))
        return self

    def transform(self, X: Any) -> NDArray[Any]:
        """Return the representative of each row.

        Parameters
        ----------
        X : array or DataFrame
            Rows shaped like the training rows.

        Returns
        -------
        ndarray, shaped like X
            In the precision of X; integers become float64.

        Raises
        ------
        ValueError
            When X does not look like the training rows, or holds text, NaN or infinity.
        """
        check_is_fitted(self)
        checked = check_signals(self, X, fitting=False, complex_allowed=self._takes_complex)
        return self._representatives(checked) + 0  # -0.0 + 0 is 0.0: one representative, one bit pattern

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
