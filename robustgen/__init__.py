"""Anomaly and novelty detection when the training data itself is dirty.

Detectors follow scikit-learn: ``RSRAE().fit(X).decision_function(X)`` is below 0 for outliers.
They are loaded when they are first asked for, so that ``import robustgen`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustgen._declared import Clips, Signals
    from robustgen._sources import DatasetRows, ParquetRows, RowSource
    from robustgen.detectors.answers import Answers
    from robustgen.detectors.autoencoder import Autoencoder
    from robustgen.detectors.clips import ClipGenerator
    from robustgen.detectors.latent import LatentMixture, Regularisation
    from robustgen.detectors.maw import MAW
    from robustgen.detectors.patches import PatchDetector
    from robustgen.detectors.quantisation import Quantisation, StochasticQuantisation
    from robustgen.detectors.questions import questions
    from robustgen.detectors.robust.detector import RobustDetector
    from robustgen.detectors.rsrae import RSRAE
    from robustgen.detectors.rvqvae import RVQVAE
    from robustgen.detectors.sqvae import SQVAE
    from robustgen.detectors.vae import VAE
    from robustgen.detectors.vqvae import VQVAE
    from robustgen.inference.conformal import ConformalDetector
    from robustgen.inverse import InverseRegressor
    from robustgen.nets.code_maps import CodeNets
    from robustgen.nets.mlp import Layers
    from robustgen.objectives.codebooks.inlier_sets import SetRules
    from robustgen.objectives.codebooks.schedule import CodebookTraining
    from robustgen.peers.as_pyod import as_pyod
    from robustgen.series import SeriesDetector
    from robustgen.storage import load, save
    from robustgen.symmetry import FourierCanonicalizer, PhaseCanonicalizer, SignCanonicalizer
    from robustgen.tables import TableEncoder
    from robustgen.training import RobustTraining
    from robustgen.triage.table_audit import audit

__all__ = [
    "MAW",
    "RSRAE",
    "RVQVAE",
    "SQVAE",
    "VAE",
    "VQVAE",
    "Answers",
    "Autoencoder",
    "ClipGenerator",
    "Clips",
    "CodeNets",
    "CodebookTraining",
    "ConformalDetector",
    "DatasetRows",
    "FourierCanonicalizer",
    "InverseRegressor",
    "LatentMixture",
    "Layers",
    "ParquetRows",
    "PatchDetector",
    "PhaseCanonicalizer",
    "Quantisation",
    "Regularisation",
    "RobustDetector",
    "RobustTraining",
    "RowSource",
    "SeriesDetector",
    "SetRules",
    "SignCanonicalizer",
    "Signals",
    "StochasticQuantisation",
    "TableEncoder",
    "as_pyod",
    "audit",
    "load",
    "questions",
    "save",
]
__version__ = version("robustgen")

_HOMES = {
    "Answers": "robustgen.detectors.answers",
    "Autoencoder": "robustgen.detectors.autoencoder",
    "ClipGenerator": "robustgen.detectors.clips",
    "Clips": "robustgen._declared",
    "CodeNets": "robustgen.nets.code_maps",
    "CodebookTraining": "robustgen.objectives.codebooks.schedule",
    "ConformalDetector": "robustgen.inference.conformal",
    "DatasetRows": "robustgen._sources",
    "FourierCanonicalizer": "robustgen.symmetry",
    "InverseRegressor": "robustgen.inverse",
    "MAW": "robustgen.detectors.maw",
    "ParquetRows": "robustgen._sources",
    "PatchDetector": "robustgen.detectors.patches",
    "PhaseCanonicalizer": "robustgen.symmetry",
    "RSRAE": "robustgen.detectors.rsrae",
    "RVQVAE": "robustgen.detectors.rvqvae",
    "SQVAE": "robustgen.detectors.sqvae",
    "Layers": "robustgen.nets.mlp",
    "LatentMixture": "robustgen.detectors.latent",
    "Quantisation": "robustgen.detectors.quantisation",
    "Regularisation": "robustgen.detectors.latent",
    "SeriesDetector": "robustgen.series.detector",
    "SetRules": "robustgen.objectives.codebooks.inlier_sets",
    "StochasticQuantisation": "robustgen.detectors.quantisation",
    "VAE": "robustgen.detectors.vae",
    "VQVAE": "robustgen.detectors.vqvae",
    "RobustDetector": "robustgen.detectors.robust.detector",
    "RobustTraining": "robustgen.training",
    "RowSource": "robustgen._sources",
    "SignCanonicalizer": "robustgen.symmetry",
    "Signals": "robustgen._declared",
    "TableEncoder": "robustgen.tables",
    "as_pyod": "robustgen.peers.as_pyod",
    "audit": "robustgen.triage.table_audit",
    "load": "robustgen.storage",
    "questions": "robustgen.detectors.questions",
    "save": "robustgen.storage",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'robustgen' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
