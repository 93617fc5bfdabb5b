"""The score as a torch module of its own, and as ONNX: to be computed where robustgen is not installed."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from robustgen._checks import UsageError
from robustgen._extras import optional
from robustgen._files import whole_file

if TYPE_CHECKING:
    from robustgen.detectors.base import Detector


class ScoringFunction(nn.Module):
    """``score_samples`` of a fitted detector as a module: rows in the user's units to scores.

    Rows are scaled in float64 and go through the net in float32, which every runtime has: scores
    agree with ``score_samples`` to about six digits. A row whose code lies between two entries
    of a codebook may take the other one.

    Parameters
    ----------
    detector : Detector
        The fitted detector; it is copied.

    Notes
    -----
    Input (n, d), (n, H, W), (n, C, H, W) or (n, C, T) as the detector was fitted, float64; output (n,),
    float64, larger = more normal.
    """

    center: Tensor
    scale: Tensor

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.register_buffer("center", torch.from_numpy(detector.scaling_.center))
        self.register_buffer("scale", torch.from_numpy(detector.scaling_.scale))
        self._detector, nets = detector._in_single_precision()
        self.nets = nn.ModuleList(nets)
        self.eval()

    def forward(self, X: Tensor) -> Tensor:
        rows = X.reshape(-1, *self._detector._row_shape())
        scaled = ((rows - self.center) / self.scale).float()
        return -self._detector._row_errors(scaled).double()


def export_onnx(detector: Detector, path: str | os.PathLike[str]) -> None:
    """Write the scoring function of a fitted detector as ONNX; see ``Detector.to_onnx``."""
    for package in ("onnx", "onnxscript"):
        optional(package, "ONNX")
    try:
        program = _onnx_program(detector)
    except torch.onnx.OnnxExporterError as error:
        raise UsageError(
            f"the score of this {type(detector).__name__} cannot be written as ONNX: one of its operations "
            "has no counterpart there; save it with save(path)"
        ) from error
    with whole_file(path) as temporary:
        program.save(temporary, external_data=False)


def _onnx_program(detector: Detector) -> torch.onnx.ONNXProgram:
    rows = torch.zeros(2, *detector.input_shape_, dtype=torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's own, about torch's own tree of arguments
        program = torch.onnx.export(
            ScoringFunction(detector),
            (rows,),
            input_names=["X"],
            output_names=["score"],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            dynamo=True,
            verbose=False,
        )
    return cast(torch.onnx.ONNXProgram, program)
