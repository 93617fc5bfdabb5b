"""How rows that are no table's are read: arrays, images and sounds."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from robustgen._checks import UsageError
from robustgen._files import shown

Mode = Literal["L", "RGB"]
""""L" is grey and "RGB" is colour, in Pillow's words."""

SUITED: dict[str, tuple[str, ...]] = {
    "npy": ("row_type",),
    "npz": ("row_type",),
    "images": ("size", "mode", "skip_unreadable"),
    "sounds": ("rate", "seconds", "mono", "skip_unreadable"),
}
"""What may be asked of each format."""


@dataclass(frozen=True)
class RowOptions:
    """How rows that are no table's are read.

    Parameters
    ----------
    row_type : {"signals", "clips"} or None
        What the rows of an array are; None where their shape says it: vectors or images.
    size : (H, W) or None
        What every image is resized to; None demands that all have one size.
    mode : {"L", "RGB"} or None
        Grey or colour; None for grey where every image is grey, and colour otherwise. Transparency
        is left out.
    rate : int or None
        Points a second that sounds are resampled to; None demands that all have one rate.
    seconds : float or None
        How much of the beginning of each sound is taken; None demands that all are equally long.
    mono : bool
        Whether the channels of a sound are averaged.
    skip_unreadable : bool
        Whether to pass over a file that cannot be read, instead of raising.
    """

    row_type: str | None = None
    size: tuple[int, int] | None = None
    mode: Mode | None = None
    rate: int | None = None
    seconds: float | None = None
    mono: bool = False
    skip_unreadable: bool = False

    @property
    def given(self) -> dict[str, Any]:
        """Those that are not the default, by name."""
        return {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) != one.default
        }

    def completed(self, other: RowOptions) -> RowOptions:
        """Return these options, and those of another where nothing is given here."""
        return replace(other, **self.given)

    def expect_suited(self, path: Path, form: str) -> None:
        """Raise where something is asked that a format does not have.

        Raises
        ------
        UsageError
            With the options to leave out.
        """
        strange = [_as_option(name) for name in self.given if name not in SUITED.get(form, ())]
        if strange:
            kind = f"a folder of {form}" if form in ("images", "sounds") else f"of the format {form}"
            raise UsageError(f"'{shown(path)}' is {kind}: leave out {' and '.join(strange)}")


def _as_option(name: str) -> str:
    return "--resize" if name == "size" else f"--{name.replace('_', '-')}"


AS_THEY_ARE = RowOptions()
