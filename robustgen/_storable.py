"""The classes that a model file may hold: by address, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TypeVar

Class = TypeVar("Class", bound=type)

HOMES = frozenset(
    f"robustgen.{module}"
    for module in (
        "densities.columns",
        "densities.cosine",
        "densities.ensemble",
        "densities.gaussian",
        "densities.joint",
        "densities.mixture",
        "densities.neighbours",
        "descriptors.description",
        "detectors.autoencoder",
        "detectors.clips",
        "detectors.comparison",
        "detectors.conditional",
        "detectors.latent",
        "detectors.likeness",
        "detectors.maw",
        "detectors.net_detector",
        "detectors.patches",
        "detectors.prior",
        "detectors.quantisation",
        "detectors.quantised",
        "detectors.robust.detector",
        "detectors.robust.modality",
        "detectors.rsrae",
        "detectors.rvqvae",
        "detectors.sqvae",
        "detectors.streams",
        "detectors.vae",
        "detectors.vqvae",
        "inference.audit",
        "inference.conformal",
        "inference.corruption",
        "inference.ties",
        "inverse.regressor",
        "inverse.targets",
        "nets.code_maps",
        "nets.mixture",
        "nets.mlp",
        "objectives.codebooks.inlier_sets",
        "objectives.codebooks.schedule",
        "series.detector",
        "series.nearest_windows",
        "series.places",
        "series.point_errors",
        "series.windowed",
        "symmetry.fourier",
        "symmetry.phase",
        "symmetry.sign",
        "tables.absences",
        "tables.columns",
        "tables.encoder",
        "tables.grouped_number",
        "tables.groups",
        "tables.levels",
        "tables.notation",
        "tables.units",
        "training.config",
        "training.history",
        "training.scaling",
    )
)
"""The modules that declare storable classes. Reading a file imports these and no others."""

_CLASSES: dict[str, type] = {}
_ADDRESSES: dict[type, str] = {}


def storable(cls: Class) -> Class:
    """Let model files hold instances of a class, under its address "module:Class"; a class decorator.

    What is stored of an instance is its parameters, where it is a scikit-learn estimator, and its
    attributes, or what its ``__getstate__`` makes of them: plain values, arrays, tensors and
    instances of other storable classes. A class that holds torch modules has a method
    ``untrained(name)``, which returns a module of the right shape for the stored tensors.

    A class that is defined anew, as by a cell of a notebook, takes the place of the former one;
    instances of the former one can no longer be saved.

    Examples
    --------
    >>> @storable
    ... class Point:
    ...     x: float
    >>> address_of(Point)
    'robustgen._storable:Point'
    """
    store_as(f"{cls.__module__}:{cls.__qualname__}", cls)
    return cls


def store_as(address: str, cls: type) -> None:
    """Let model files hold instances of a class under an address other than that of its definition.

    Parameters
    ----------
    address : str
        "module:Class", the public one of another library's class.
    cls : type
        The class.
    """
    _CLASSES[address] = cls
    _ADDRESSES[cls] = address


def address_of(cls: type) -> str | None:
    """Return the address of a storable class, or None where files do not hold its instances."""
    address = _ADDRESSES.get(cls)
    return address if address is not None and _CLASSES[address] is cls else None


def class_at(address: str) -> type | None:
    """Return the storable class at an address, or None where none is known.

    Of robustgen the module is imported where it is one of `HOMES`; nothing else is imported, so that a
    file decides by no means what code runs.

    Examples
    --------
    >>> class_at("robustgen.training.config:RobustTraining").__name__
    'RobustTraining'
    >>> class_at("subprocess:Popen")
    """
    module = address.partition(":")[0]
    if module in HOMES:
        import_module(module)
    return _CLASSES.get(address)


def addresses() -> Iterable[str]:
    """Return the addresses of all storable classes that are known by now."""
    return _CLASSES.keys()
