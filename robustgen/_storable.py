"""The classes that a model file may hold: by name, and no others."""

from __future__ import annotations

from typing import TypeVar

Class = TypeVar("Class", bound=type)

_CLASSES: dict[str, type] = {}


def storable(cls: Class) -> Class:
    """Let model files hold instances of a class, under its name; a class decorator.

    What is stored of an instance is its parameters, where it is a scikit-learn estimator, and its
    attributes, or what its ``__getstate__`` makes of them: plain values, arrays, tensors and
    instances of other storable classes. A class that holds torch modules has a method
    ``untrained(name)``, which returns a module of the right shape for the stored tensors.

    Examples
    --------
    >>> @storable
    ... class Point:
    ...     x: float
    >>> storable_class("Point") is Point
    True
    """
    _CLASSES[cls.__name__] = cls
    return cls


def storable_class(name: str) -> type | None:
    """Return the storable class of a name, or None where no class of that name is known."""
    return _CLASSES.get(name)
