"""A named set of rows with labels, and who counts as an outlier in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError, suggest
from robustgen._seeds import seed_from


class Labels(NamedTuple):
    """Labels as `robustgen.data.Dataset` takes them.

    Parameters
    ----------
    y : integers (n,)
        1 for an outlier and 0 for an inlier, or the index of the row's class.
    classes : tuple of str or None
        The names of the classes; None where `y` marks outliers.
    """

    y: NDArray[np.integer]
    classes: tuple[str, ...] | None


def read_labels(values: NDArray) -> Labels:
    """Say what labels mean.

    Parameters
    ----------
    values : array (n,)
        Booleans, numbers or text, without missing values.

    Returns
    -------
    Labels
        Outlier labels where the values are among 0 and 1 (False and True); otherwise classes, in
        the order of numbers or of the alphabet: so are -1 and +1, which mean this or that.

    Raises
    ------
    UsageError
        When they are of another type, or NaN is among them.

    Examples
    --------
    >>> read_labels(np.array([0, 1, 0])).classes
    >>> read_labels(np.array(["doll", "car"]))
    Labels(y=array([1, 0]), classes=('car', 'doll'))
    """
    has_gaps = values.dtype.kind == "f" and np.isnan(values).any()
    if values.ndim != 1 or values.dtype.kind not in "biufUS" or has_gaps:
        raise UsageError(
            f"got labels of shape {values.shape} and type {values.dtype}{' with NaN' if has_gaps else ''}, "
            "expected 0 or 1, a number or a text for each row"
        )
    found, index = np.unique(values, return_inverse=True)
    if set(found.tolist()) <= {0, 1}:
        return Labels(values.astype(np.uint8), None)
    return Labels(index, tuple(map(str, found)))


Kind = Literal["tabular", "image", "signal", "clip", "text", "embedding"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows and labels under a name.

    Parameters
    ----------
    name : str
        The name that seeds every draw from this set.
    X : array (n, d), images (n, H, W) or (n, C, H, W), Signals, Clips, or a CSR matrix (n, d)
        The rows, as they are stored: not scaled, not cast.
    y : integers (n,)
        Where ``classes`` is None, 1 marks an outlier and 0 an inlier. Otherwise the index of
        the row's class in ``classes``.
    classes : tuple of str or None
        The names of the classes, or None where the set comes with outlier labels.
    kind : {"tabular", "image", "signal", "clip", "text", "embedding"}
        What the rows are.

    Examples
    --------
    >>> import numpy as np
    >>> toys = Dataset("toys", np.zeros((3, 2)), np.array([0, 1, 1]), classes=("car", "doll"))
    >>> toys.outlier_mask("doll")
    array([ True, False, False])
    """

    name: str
    X: NDArray  # or scipy.sparse.csr_matrix, which numpy's types cannot say
    y: NDArray[np.integer]
    classes: tuple[str, ...] | None = None
    kind: Kind = "tabular"

    def __len__(self) -> int:
        return int(self.y.shape[0])

    def class_name(self, inlier_class: str | int | None = None) -> str | None:
        """Return the inlier class under its own name, or None where outliers are labelled.

        Parameters
        ----------
        inlier_class : str, int or None
            A class by name or by index (as a number or in digits); None for a set that comes
            with outlier labels.

        Returns
        -------
        str or None
            The name of the class; None where the set comes with outlier labels.

        Raises
        ------
        UsageError
            If the set has classes and none of them is named, or the other way round.

        Examples
        --------
        >>> import numpy as np
        >>> toys = Dataset("toys", np.zeros((2, 2)), np.array([0, 1]), classes=("car", "doll"))
        >>> toys.class_name(1)
        'doll'
        """
        if self.classes is None:
            if inlier_class is not None:
                raise UsageError(
                    f"dataset '{self.name}' comes with outlier labels and has no classes: "
                    f"leave out the inlier class '{inlier_class}'"
                )
            return None
        if inlier_class is None:
            raise UsageError(f"dataset '{self.name}' needs an inlier class, one of {self._listed_classes()}")
        return self._find_class(str(inlier_class), self.classes)

    def outlier_mask(self, inlier_class: str | int | None = None) -> NDArray[np.bool_]:
        """Say of each row whether it is an outlier.

        Parameters
        ----------
        inlier_class : str, int or None
            The class whose rows are inliers, by name or index; every other row is an outlier.
            None for a set that comes with outlier labels.

        Returns
        -------
        bool (n,)
            True for an outlier.

        Raises
        ------
        UsageError
            If the inlier class is missing, unknown, or given to a set that has none.
        """
        name = self.class_name(inlier_class)
        if self.classes is None or name is None:
            return self.y == 1
        return self.y != self.classes.index(name)

    def only(self, classes: Sequence[str | int] = (), per_class: int | None = None) -> Dataset:
        """Return the set of the rows of some classes, or of some rows of each, under the same name.

        Parameters
        ----------
        classes : sequence of str or int
            Classes by name or by index, in the order of the new set's classes; none for all of them.
        per_class : int or None
            The most rows of a class, drawn by the names of set and class; None for all of them.

        Returns
        -------
        Dataset
            A new set; this one is unchanged.

        Raises
        ------
        UsageError
            If a class is unknown or named twice, the set has none, or `per_class` is below 1.

        Examples
        --------
        >>> import numpy as np
        >>> toys = Dataset("toys", np.arange(6).reshape(3, 2), np.array([0, 1, 2]), ("car", "doll", "kite"))
        >>> toys.only(["kite", "car"]).X.tolist(), toys.only(["kite", "car"]).y.tolist()
        ([[0, 1], [4, 5]], [1, 0])
        """
        if not classes and per_class is None:
            return self
        names = [str(self.class_name(one)) for one in classes] or list(self.classes or ())
        if len(set(names)) < len(names):
            raise UsageError(f"dataset '{self.name}': a class is named twice in {', '.join(names)}")
        if not names or (per_class is not None and per_class < 1):
            raise UsageError(
                f"dataset '{self.name}': per_class must be at least 1 and is for sets with classes only, "
                f"got {per_class}"
            )
        labels = np.full(len(self), -1)
        for new, name in enumerate(names):
            labels[self._rows_of(name, per_class)] = new
        rows = np.flatnonzero(labels >= 0)
        return replace(self, X=self.X[rows], y=labels[rows], classes=tuple(names))

    def _rows_of(self, name: str, most: int | None) -> NDArray[np.intp]:
        rows = np.flatnonzero(~self.outlier_mask(name))
        if most is None:
            return rows
        return np.random.default_rng(seed_from("rows of a class", self.name, name)).permutation(rows)[:most]

    def _find_class(self, wanted: str, classes: tuple[str, ...]) -> str:
        if wanted in classes:
            return wanted
        if wanted.isdecimal() and int(wanted) < len(classes):
            return classes[int(wanted)]
        raise UsageError(
            f"dataset '{self.name}' has no class '{wanted}'{suggest(wanted, classes)}"
            f" (its classes: {self._listed_classes()})"
        )

    def _listed_classes(self, most: int = 20) -> str:
        classes = self.classes or ()
        listed = ", ".join(f"'{name}'" for name in classes[:most])
        return listed if len(classes) <= most else f"{listed}, ... ({len(classes)} in all)"
