"""Detectors by name. A name costs nothing; a detector is imported when it is built."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from robustgen._checks import UsageError, suggest
from robustgen.peers.randomness import isolated_randomness

if TYPE_CHECKING:
    from robustgen.peers.trimmed import Trimmed


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
        DetectorSpec("robust", "robustgen:RobustDetector"),
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
        DetectorSpec("iforest", "pyod.models.iforest:IForest"),
        DetectorSpec("knn", "pyod.models.knn:KNN"),
        # Many neighbours are KNN's best defence against clumps of outliers: a fair comparison.
        DetectorSpec("knn-50", "pyod.models.knn:KNN", {"n_neighbors": 50}),
        DetectorSpec("lof", "pyod.models.lof:LOF"),
        DetectorSpec("tails", "robustgen.peers.tails:Tails"),
        DetectorSpec("answers-forest", "robustgen.peers.answers_forest:AnswersForest"),
        # Their scores depend on the other rows of the call: no fair comparison, and in no suite of ours.
        DetectorSpec("ecod", "pyod.models.ecod:ECOD"),
        DetectorSpec("copod", "pyod.models.copod:COPOD"),
        DetectorSpec("hbos", "pyod.models.hbos:HBOS"),
        DetectorSpec("pca", "pyod.models.pca:PCA"),
        DetectorSpec("mcd", "pyod.models.mcd:MCD"),
        DetectorSpec("ocsvm", "pyod.models.ocsvm:OCSVM"),
        DetectorSpec("cblof", "pyod.models.cblof:CBLOF"),
        DetectorSpec("gmm", "pyod.models.gmm:GMM"),
        DetectorSpec("inne", "pyod.models.inne:INNE"),
        DetectorSpec("pyod-autoencoder", "pyod.models.auto_encoder:AutoEncoder"),
        DetectorSpec("pyod-vae", "pyod.models.vae:VAE"),
        DetectorSpec("deepsvdd", "robustgen.peers.workarounds:deep_svdd"),
        DetectorSpec("dif", "pyod.models.dif:DIF"),
        DetectorSpec("lunar", "pyod.models.lunar:LUNAR"),
        DetectorSpec("elliptic-envelope", "sklearn.covariance:EllipticEnvelope"),
        DetectorSpec("sklearn-iforest", "sklearn.ensemble:IsolationForest"),
        DetectorSpec("sklearn-lof", "sklearn.neighbors:LocalOutlierFactor", {"novelty": True}),
        DetectorSpec("sklearn-ocsvm", "sklearn.svm:OneClassSVM"),
        DetectorSpec("knn-50-trimmed", "robustgen.registry:trimmed", {"detector": "knn-50"}),
        DetectorSpec("autoencoder-trimmed", "robustgen.registry:trimmed", {"detector": "autoencoder"}),
        DetectorSpec("pca-trimmed", "robustgen.registry:trimmed", {"detector": "pca"}),
    )
}
"""The detectors that go by a short name."""
SCORED_TOGETHER = ("ecod", "copod", "dif", "pyod-vae")
"""Those whose score of a row depends on the other rows of the call; tests find them, reports mark them."""


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
    >>> resolve("knn-20", use="knn", parameters={"n_neighbors": 20}).use
    'pyod.models.knn:KNN'
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

    Detectors of PyOD and scikit-learn come wrapped: flattened and scaled rows, and one
    sign for all. Anyone else's are given vectors (:class:`robustgen.peers.vectorised.Vectorised`) unless
    scikit-learn's tags say that they take images. The global generators that some of them seed as they are
    built are left as they were.

    Parameters
    ----------
    spec
        What to build. Of a detector of PyOD or scikit-learn the parameter ``scaling`` is its wrapper's.
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
    given = {**extra, **spec.parameters}
    of_peer = {"scaling": given.pop("scaling")} if "scaling" in given and _is_foreign(builder) else {}
    _expect_known(spec, given, taken)
    try:
        with isolated_randomness(random_state or 0):
            detector = builder(**given)
    except (TypeError, ValueError) as error:
        raise UsageError(f"detector '{spec.name}' cannot be built from {spec.use}: {error}") from None
    return _as_peer(detector, spec, random_state=random_state, **of_peer)


def takes_answers(spec: DetectorSpec) -> bool:
    """Return whether a detector learns from :class:`robustgen.Answers`, given to ``fit`` as ``y``.

    Its class says so by an attribute ``takes_answers``. One that cannot be imported takes none: that it
    cannot is said where it is built.

    Examples
    --------
    >>> takes_answers(resolve("robust")), takes_answers(resolve("knn"))
    (True, False)
    """
    try:
        return bool(getattr(_import(spec.use), "takes_answers", False))
    except UsageError:
        return False


def trimmed(
    detector: str,
    *,
    fraction: float = 0.3,
    rounds: int = 2,
    parameters: Mapping[str, Any] | None = None,
    random_state: int | None = None,
    device: str | None = None,
) -> Trimmed:
    """Build a detector that is fitted again to the rows that it found most normal.

    Parameters
    ----------
    detector
        A name of `DETECTORS` or an address.
    fraction, rounds
        Those of `robustgen.peers.Trimmed`.
    parameters
        Of the detector.
    random_state, device
        Handed to the detector; see `build`.

    Examples
    --------
    >>> trimmed("knn", rounds=1, parameters={"n_neighbors": 20}).detector.detector.n_neighbors
    20
    """
    from robustgen.peers import Trimmed

    inner = build(resolve(detector, parameters=parameters), random_state=random_state, device=device)
    return Trimmed(inner, fraction=fraction, rounds=rounds)


def _import(use: str) -> Any:
    module, _, name = use.partition(":")
    try:
        found = getattr(_module(module), name)
    except (ImportError, ValueError) as error:
        raise UsageError(f"detector '{use}' cannot be imported: {error}") from None
    except AttributeError:
        raise UsageError(f"detector '{use}' cannot be imported: '{module}' has no '{name}'") from None
    if not callable(found):
        raise UsageError(f"detector '{use}' is no class: it cannot be called")
    return found


def _module(name: str) -> ModuleType:
    """Import a module, from the current directory where it is nowhere else, as ``python -m`` would."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        top, here = name.partition(".")[0], str(Path.cwd())
        if error.name != top or here in sys.path:
            raise
    sys.path.append(
        here
    )  # last, so that no file there takes the place of a library; child processes do so too
    invalidate_caches()
    return import_module(name)


def _expect_known(
    spec: DetectorSpec, given: Mapping[str, Any], taken: Mapping[str, inspect.Parameter]
) -> None:
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values()):
        return
    for name in given:
        if name not in taken:
            hint = suggest(name, taken) or f"; known are {', '.join(taken)}"
            raise UsageError(f"detector '{spec.name}' ({spec.use}) has no parameter '{name}'{hint}")


def _as_peer(detector: Any, spec: DetectorSpec, **of_peer: Any) -> Any:
    """Wrap what another library made; leave what keeps the contract by itself."""
    libraries = _libraries(type(detector))
    if "pyod" in libraries:
        from robustgen.peers import PyODPeer

        return PyODPeer(detector, **of_peer)
    if libraries[0] == "sklearn" or type(detector).__module__ == "robustgen.peers.tails":
        from robustgen.peers import SklearnPeer

        return SklearnPeer(detector, **of_peer)
    if not hasattr(detector, "fit") or not _scores(detector):
        raise UsageError(
            f"detector '{spec.name}' ({spec.use}) needs fit, and score_samples or decision_function"
        )
    if libraries[0] == "robustgen":
        return detector
    from robustgen.peers.vectorised import Vectorised, takes_images

    return detector if takes_images(detector) else Vectorised(detector)


def _is_foreign(builder: Any) -> bool:
    return builder.__module__.startswith(("pyod.", "sklearn.", "robustgen.peers."))


def _libraries(kind: type) -> list[str]:
    """Return the packages that a class and its bases come from, its own first."""
    return [base.__module__.partition(".")[0] for base in kind.__mro__]


def _scores(detector: Any) -> bool:
    return hasattr(detector, "score_samples") or hasattr(detector, "decision_function")
