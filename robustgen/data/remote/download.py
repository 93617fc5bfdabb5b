"""One file from its address: verified by pooch, and taken up again where it broke off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robustgen._checks import UsageError

if TYPE_CHECKING:
    import requests

OnBytes = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes of the whole, or None where that is not known."""

_ATTEMPTS = 4
_TIMEOUT = 30
_BLOCK = 1 << 16


def download(url: str, path: Path, known_hash: str | None, on_bytes: OnBytes) -> None:
    """Download a file, unless it is there already.

    Parameters
    ----------
    url : str
        Its address.
    path : Path
        Where it comes to lie, once it is whole and verified.
    known_hash : str or None
        ``"sha256:..."`` or ``"md5:..."`` as published; None if it is not known. Only with a hash
        does a later call go on where an earlier one broke off.
    on_bytes : callable
        Told of the progress.

    Raises
    ------
    UsageError
        If the address cannot be reached, or gives another file.
    """
    import pooch
    import requests

    if known_hash is None:
        _part_of(path).unlink(missing_ok=True)
    try:
        with _silenced(pooch.get_logger()):
            pooch.retrieve(
                url, known_hash, fname=path.name, path=path.parent, downloader=_Resuming(path, on_bytes)
            )
    except requests.HTTPError as error:
        raise UsageError(f"{url} cannot be had: {error.args[0].partition(' for url')[0]}") from None
    except requests.RequestException as error:
        raise UsageError(f"{url} cannot be reached ({type(error).__name__})") from None
    except ValueError:  # pooch's word for another hash
        raise UsageError(f"{url} gives another file than the published one ({known_hash})") from None


@contextmanager
def _silenced(logger: Any) -> Iterator[None]:
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


def _part_of(path: Path) -> Path:
    return path.with_name(path.name + ".part")


class _Resuming:
    """A downloader for pooch that keeps what it has beside the file, in ``<name>.part``."""

    def __init__(self, path: Path, on_bytes: OnBytes) -> None:
        self._part = _part_of(path)
        self._on_bytes = on_bytes

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Download `url` to `output_file`; a broken connection is taken up again."""
        import requests

        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._go_on(url)
                break
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                if attempt == _ATTEMPTS:
                    raise
        self._part.replace(output_file)

    def _go_on(self, url: str) -> None:
        """Ask for the bytes that are missing, and append them."""
        import requests

        start = self._part.stat().st_size if self._part.exists() else 0
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                self._part.unlink()  # more than there is: not the beginning of this file
                raise requests.ConnectionError(f"{url} has fewer than {start} bytes")
            response.raise_for_status()
            goes_on = response.status_code == requests.codes.partial_content
            self._append(response, start if goes_on else 0)

    def _append(self, response: requests.Response, start: int) -> None:
        import requests

        length = response.headers.get("Content-Length")
        total = start + int(length) if length else None
        done = start
        with self._part.open("ab" if start else "wb") as file:
            for block in response.iter_content(_BLOCK):
                done += file.write(block)
                self._on_bytes(done, total)
        if total is not None and done < total:
            raise requests.ConnectionError(f"the connection closed after {done} of {total} bytes")


@contextmanager
def download_bar(title: str) -> Iterator[OnBytes]:
    """Show a bar while the block runs; what it yields is to be told of the bytes.

    Parameters
    ----------
    title : str
        What is downloaded.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
