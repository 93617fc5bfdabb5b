"""By what a row and its reconstruction are compared when the row is scored."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from robustgen.objectives.cosine import cosine_dissimilarity
from robustgen.objectives.reconstruction import RECONSTRUCTION_ERRORS

SCORES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cosine": cosine_dissimilarity,
    **RECONSTRUCTION_ERRORS,
}
