"""One file for a JSON document and its arrays: safetensors, with the document in its header and a hash."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from robustgen._checks import UsageError
from robustgen._files import whole_file

FORMAT = 3
"""The number goes up when what is written changes; files of another number are refused."""


class Content(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    document : dict
        Anything that JSON can say.
    arrays : dict of str to ndarray
        The numbers that the document refers to by name.
    """

    document: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def write(path: str | os.PathLike[str], content: Content) -> None:
    """Write a file that any reader of safetensors can open; it is renamed into place when it is whole.

    Parameters
    ----------
    path : str or path-like
        The file.
    content : Content
        The document and its arrays.
    """
    text = json.dumps(content.document, allow_nan=False)
    metadata = {"format": str(FORMAT), "document": text, "sha256": _digest(text, content.arrays)}
    with whole_file(path) as temporary:
        temporary.write_bytes(save(content.arrays, metadata))


def read(path: str | os.PathLike[str]) -> Content:
    """Read a file and make sure that it is as it was written.

    Parameters
    ----------
    path : str or path-like
        The file.

    Raises
    ------
    UsageError
        When it is no file of this kind, of another format, or not as it was written.
    FileNotFoundError
        When there is none.
    """
    metadata, arrays = _opened(path)
    _expect_format(path, metadata)
    if _digest(metadata["document"], arrays) != metadata["sha256"]:
        raise UsageError(f"{path} is damaged: its content has changed since it was written; get it anew")
    return Content(json.loads(metadata["document"]), arrays)


def _opened(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    with Path(path).open("rb"):  # safetensors has its own errors for files that cannot be read
        pass
    try:
        with safe_open(path, framework="numpy") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise UsageError(f"{path} is no model of robustgen, or it is damaged ({error})") from None


def _expect_format(path: str | os.PathLike[str], metadata: dict[str, str]) -> None:
    if not {"format", "document", "sha256"} <= set(metadata) or not metadata["format"].isdecimal():
        raise UsageError(
            f"{path} is no model of robustgen: it is safetensors without the model's description"
        )
    written = int(metadata["format"])
    if written != FORMAT:
        remedy = "upgrade robustgen" if written > FORMAT else "fit the model and save it again"
        raise UsageError(f"got {path} in format {written}, expected format {FORMAT}: {remedy}")


def _digest(text: str, arrays: dict[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(f"{FORMAT}\n{text}".encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
