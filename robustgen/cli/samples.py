"""Samples as files: cells, pictures, sounds and clips."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from robustgen._checks import UsageError
from robustgen._files import shown, whole_file, whole_folder

PAUSE = 0.25
"""Seconds between two sounds of a file."""
FRAME = 100
"""Milliseconds that a frame of a clip is shown."""
FOLDER = ""
ENDINGS = {
    "images": (".png", ".npy"),
    "signals": (".npy",),
    "sounds": (".wav", FOLDER, ".npy"),
    "clips": (".gif", ".npy"),
    "vectors": (".npy",),
    "text": (".npy",),
    "table": (".csv",),
}
"""How the names of files of samples end, by what they are samples of."""


def expect_suited(model: Any, output: Path) -> None:
    """Raise unless the samples of a model can be written to a file of that name, or to such a folder."""
    endings = ENDINGS[_type_of(model)]
    if output.suffix not in endings:
        listed = " or ".join(ending or "a folder" for ending in endings)
        raise UsageError(f"cannot write '{shown(output)}': samples of this model are {listed}")


def _type_of(model: Any) -> str:
    if hasattr(model, "named_steps"):
        return "table"
    return "sounds" if model.rate_ is not None else str(model.row_type_)


def write_samples(model: Any, rows: Any, output: Path) -> None:
    """Write samples (n, ...) of a model: all of them or nothing."""
    with _staged(output) as temporary:
        if output.suffix == ".csv":
            model[0].inverse_transform(rows).to_csv(temporary, index=False)
        else:
            WRITERS[output.suffix](rows, temporary, model.rate_)


def _staged(output: Path) -> AbstractContextManager[Path]:
    return whole_file(output) if output.suffix else whole_folder(output)


def _array(rows: Any, path: Path, rate: int | None) -> None:
    import numpy as np

    np.save(path, rows)


def _picture(rows: Any, path: Path, rate: int | None) -> None:
    from PIL import Image

    Image.fromarray(grid(lit(rows))).save(path)


def _clips(rows: Any, path: Path, rate: int | None) -> None:
    from PIL import Image

    shown = lit(rows)
    frames = [Image.fromarray(grid(shown[:, :, t])) for t in range(rows.shape[2])]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=FRAME, loop=0)


def _sounds(rows: Any, path: Path, rate: int) -> None:
    """Write one sound after the other."""
    import numpy as np

    pauses = np.pad(rows, [(0, 0), (0, 0), (0, round(PAUSE * rate))])
    _write_sound(path, rate, np.concatenate(list(pauses), axis=1))


def _folder_of_sounds(rows: Any, path: Path, rate: int) -> None:
    for place, wave in enumerate(rows, start=1):
        _write_sound(path / f"{place:0{len(str(len(rows)))}}.wav", rate, wave)


def _write_sound(path: Path, rate: int, wave: Any) -> None:
    """Write a wave (C, T) in [-1, 1]; what lies beyond is cut."""
    import numpy as np
    from scipy.io import wavfile

    wavfile.write(path, rate, (32767 * wave.T.clip(-1, 1)).round().astype(np.int16))


def lit(rows: Any) -> Any:
    """Return pixels of 0 to 255, or of 0 to 1 where none is larger, as uint8."""
    return (rows * (1 if rows.max() > 1.5 else 255)).clip(0, 255).round().astype("uint8")


def grid(images: Any) -> Any:
    """Return images of uint8, (n, H, W) or (n, C, H, W), side by side as one, as nearly square as it goes."""
    import numpy as np

    channels = images[:, None] if images.ndim == 3 else images
    n, depth, height, width = channels.shape
    columns = int(np.ceil(np.sqrt(n)))
    places = np.zeros((columns * int(np.ceil(n / columns)), depth, height, width), dtype=np.uint8)
    places[:n] = channels
    laid = places.reshape(-1, columns, depth, height, width).transpose(0, 3, 1, 4, 2)
    pixels = laid.reshape(-1, columns * width, depth)
    return pixels[..., 0] if depth == 1 else pixels[..., :3]


WRITERS: dict[str, Any] = {
    ".npy": _array,
    ".png": _picture,
    ".gif": _clips,
    ".wav": _sounds,
    FOLDER: _folder_of_sounds,
}
"""By the ending; each takes samples, the path and points a second."""
