"""Optional packages: imported where they are needed, and named with their extra where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from robustgen._checks import UsageError

EXTRAS = {
    "dask": "dask",
    "distributed": "dask",
    "onnx": "onnx",
    "onnxscript": "onnx",
    "openpyxl": "excel",
    "pyarrow": "parquet",
    "soundfile": "audio",
}
"""The extra of robustgen that installs each package."""


def optional(module: str, user: str) -> Any:
    """Import a module of an optional package.

    Parameters
    ----------
    module : str
        Its full name; the package is one of `EXTRAS`.
    user : str
        What needs it: the first words of the error.

    Raises
    ------
    UsageError
        When it cannot be imported, with the extra that installs it.

    Examples
    --------
    >>> optional("onnx", "ONNX").__name__
    'onnx'
    """
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{user} needs {package}, which is not installed: pip install 'robustgen[{EXTRAS[package]}]'"
        ) from error
