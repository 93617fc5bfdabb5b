"""Where the content that belongs to the code lies: suites and the catalog, TOML at the root.

In a checkout they are the folders ``benchmarks`` and ``datasets`` beside the package; a wheel
carries them inside it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import robustgen
from robustgen._checks import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def content_folder(name: str) -> Path:
    """Return the folder of content called `name`, in the wheel or in the checkout.

    Examples
    --------
    >>> (content_folder("datasets") / "catalog.toml").is_file()
    True
    """
    package = Path(robustgen.__file__).parent
    inside = package / "_content" / name
    return inside if inside.is_dir() else package.parent / name


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    UsageError
        If there is no such file, or it is not TOML (with the line that breaks it).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"there is no file '{path}'") from None
    except IsADirectoryError:
        raise UsageError(f"'{path}' is a folder, not a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"'{path}' is not valid TOML: {error}") from None
