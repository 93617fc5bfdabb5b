"""Detectors by name. A name costs nothing; a detector is imported when it is built."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from robustgen._checks import UsageError, suggest


@dataclass(frozen=True)
class DetectorSpec:
    """A detector of a suite.

    Parameters
    ----------
    name
        Its name in records and reports.
    use
        The address of its class or builder, ``"package.module:Name"``.
    parameters
        What its constructor is given.
    """

    name: str
    use: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


DETECTORS: Mapping[str, DetectorSpec] = {
    spec.name: spec
    for spec in (
        DetectorSpec("autoencoder", "robustgen:Autoencoder"),
        DetectorSpec("autoencoder-robust", "robustgen:Autoencoder", {"robust": True}),
        DetectorSpec("rsrae", "robustgen:RSRAE"),
        DetectorSpec("rsrae+", "robustgen:RSRAE", {"mode": "joint"}),
        DetectorSpec("rsrae-robust", "robustgen:RSRAE", {"robust": True}),
        DetectorSpec("maw", "robustgen:MAW"),
        DetectorSpec("maw-robust", "robustgen:MAW", {"robust": True}),
        DetectorSpec("vae", "robustgen:VAE"),
        DetectorSpec("vqvae", "robustgen:VQVAE"),
        DetectorSpec("vqvae-robust", "robustgen:VQVAE", {"codebook_training": True}),
        DetectorSpec("sqvae", "robustgen:SQVAE"),
        DetectorSpec("rvqvae", "robustgen:RVQVAE"),
        DetectorSpec("iforest", "robustgen.peers:iforest"),
        DetectorSpec("knn", "robustgen.peers:knn"),
        DetectorSpec("pca", "robustgen.peers:pca"),
    )
}
"""The detectors that go by a short name."""


def resolve(name: str, use: str | None = None, parameters: Mapping[str, Any] | None = None) -> DetectorSpec:
    """Return what a detector's name stands for.

    Parameters
    ----------
    name
        A name of `DETECTORS` or an address ``"package.module:Class"``; any name where `use` is
        given.
    use
        A name of `DETECTORS` or an address; `name` is then only what the detector is called.
    parameters
        Added to those of the name, and stronger.

    Raises
    ------
    UsageError
        If neither a detector nor an address goes by that name; with the nearest names.

    Examples
    --------
    >>> resolve("rsrae+").parameters
    {'mode': 'joint'}
    >>> resolve("knn-50", use="knn", parameters={"n_neighbors": 50}).use
    'robustgen.peers:knn'
    """
    wanted = use or name
    if wanted in DETECTORS:
        base = DETECTORS[wanted]
        return DetectorSpec(name, base.use, {**base.parameters, **(parameters or {})})
    if ":" in wanted:
        return DetectorSpec(name, wanted, dict(parameters or {}))
    hint = suggest(wanted, DETECTORS) or f"; known are {', '.join(DETECTORS)}"
    raise UsageError(f"unknown detector '{wanted}' (a name, or an address 'package.module:Class'){hint}")


def build(spec: DetectorSpec, *, random_state: int | None = None, device: str | None = None) -> Any:
    """Import and construct a detector.

    Detectors of PyOD and scikit-learn come wrapped as peers: flattened and scaled rows, and one
    sign for all.

    Parameters
    ----------
    spec
        What to build.
    random_state, device
        Handed over where the constructor takes them and the spec does not set them; a device of
        None is the detector's own choice.

    Raises
    ------
    UsageError
        If the address cannot be imported, or the constructor refuses the parameters.

    Examples
    --------
    >>> build(resolve("iforest"), random_state=7).random_state
    7
    """
    builder = _import(spec.use)
    offered = {"random_state": random_state, "device": device}
    taken = inspect.signature(builder).parameters
    extra = {key: value for key, value in offered.items() if key in taken and value is not None}
    try:
        detector = builder(**{**extra, **spec.parameters})
    except (TypeError, ValueError) as error:
        raise UsageError(f"detector '{spec.name}' cannot be built from {spec.use}: {error}") from None
    return _as_peer(detector, spec, random_state)


def _import(use: str) -> Any:
    module, _, name = use.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, ValueError) as error:
        raise UsageError(f"detector '{use}' cannot be imported: {error}") from None
    except AttributeError:
        raise UsageError(f"detector '{use}' cannot be imported: '{module}' has no '{name}'") from None
    if not callable(found):
        raise UsageError(f"detector '{use}' is no class: it cannot be called")
    return found


def _as_peer(detector: Any, spec: DetectorSpec, random_state: int | None) -> Any:
    """Wrap what another library made; leave what keeps the contract by itself."""
    libraries = {kind.__module__.partition(".")[0] for kind in type(detector).__mro__ if kind is not object}
    home = type(detector).__module__.partition(".")[0]
    if "pyod" in libraries:
        from robustgen.peers import PyODPeer

        return PyODPeer(detector, random_state=random_state)
    if home == "sklearn":
        from robustgen.peers import SklearnPeer

        return SklearnPeer(detector, random_state=random_state)
    if not hasattr(detector, "fit") or not _scores(detector):
        raise UsageError(
            f"detector '{spec.name}' ({spec.use}) needs fit, and score_samples or decision_function"
        )
    return detector


def _scores(detector: Any) -> bool:
    return hasattr(detector, "score_samples") or hasattr(detector, "decision_function")
