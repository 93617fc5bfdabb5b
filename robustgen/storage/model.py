"""Save and load what was fitted."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from robustgen._checks import UsageError
from robustgen._storable import store_as
from robustgen.storage import container
from robustgen.storage.container import Content
from robustgen.storage.decoder import Decoder
from robustgen.storage.encoder import Encoder

# Of scikit-learn's own those whose fitted state is nothing but numbers and names.
store_as("sklearn.pipeline:Pipeline", Pipeline)
for _scaler in (StandardScaler, RobustScaler, MinMaxScaler):
    store_as(f"sklearn.preprocessing:{_scaler.__name__}", _scaler)


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted detector, or a pipeline that ends in one, to a file.

    The file is safetensors with a JSON description in its header: class, parameters, fitted
    attributes, names of the columns, versions and a hash. It holds no code and no pickle, so that it can
    be loaded without trust in who wrote it. It is written to a temporary name and renamed.

    Parameters
    ----------
    estimator : Detector or sklearn.pipeline.Pipeline
        What was fitted; an :class:`robustgen.InverseRegressor` too. The other steps of a pipeline may be
        a :class:`robustgen.tables.TableEncoder`, a canonicalizer of :mod:`robustgen.symmetry`, or
        scikit-learn's ``StandardScaler``, ``RobustScaler`` and ``MinMaxScaler``.
    path : str or path-like
        The file; any suffix serves.

    Raises
    ------
    UsageError
        When something in the estimator is of a kind that model files do not hold, or its parameters
        were changed after the fit.
    sklearn.exceptions.NotFittedError
        When it was not fitted.

    Examples
    --------
    >>> import tempfile, numpy as np, robustgen
    >>> X = np.random.default_rng(0).normal(size=(50, 4))
    >>> detector = robustgen.RSRAE(epochs=2, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     robustgen.save(detector, f"{folder}/model")
    ...     loaded = robustgen.load(f"{folder}/model")
    >>> bool((loaded.score_samples(X) == detector.score_samples(X)).all())
    True
    """
    check_is_fitted(estimator)
    encoder = Encoder()
    model = encoder.encode(estimator, type(estimator).__name__)
    container.write(path, Content({"versions": _versions(), "model": model}, encoder.arrays))


def load(path: str | os.PathLike[str], *, device: str | None = None) -> Any:
    """Read a file that :func:`save` wrote.

    Scores are those of the saved detector to the last bit on the same machine and device.

    Parameters
    ----------
    path : str or path-like
        The file.
    device : str or None
        Where the detector shall compute: "auto" (cuda, else mps, else cpu) or a torch device. ``None``
        takes the device that it was trained on, and "auto" where this machine has none such.

    Returns
    -------
    Detector or sklearn.pipeline.Pipeline
        The fitted estimator.

    Raises
    ------
    UsageError
        When the file is no model, is damaged, has another format, or holds an unknown class.
    FileNotFoundError
        When there is no such file.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from robustgen import Autoencoder, load
    >>> X = np.random.default_rng(0).normal(size=(50, 3))
    >>> detector = Autoencoder(epochs=1, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     detector.save(f"{folder}/model.robustgen")
    ...     loaded = load(f"{folder}/model.robustgen")
    >>> bool((loaded.score_samples(X) == detector.score_samples(X)).all())
    True
    """
    document, arrays = container.read(path)
    try:
        return Decoder(arrays, device).decode(document["model"])
    except UsageError as error:
        raise UsageError(f"cannot load {path}: {error}") from None
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        written = document["versions"]["robustgen"]
        raise UsageError(
            f"cannot load {path}: robustgen {written} wrote it, and this robustgen, "
            f"{version('robustgen')}, cannot rebuild it ({' '.join(str(error).split())})"
        ) from error


def _versions() -> dict[str, str]:
    names = ("robustgen", "torch", "numpy", "scikit-learn")
    return {name: version(name) for name in names} | {"python": platform.python_version()}
