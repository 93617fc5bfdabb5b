"""``robustgen sample``: new rows like those of the training set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from robustgen._checks import UsageError
from robustgen._files import expect_writable, shown, whole_file
from robustgen.cli.model import detector_of, import_libraries
from robustgen.cli.outputs import expect_apart, next_step


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-n", "n_samples", type=click.IntRange(min=1), default=64, show_default=True, help="How many.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help=".png, .csv or .npy.")
@click.option("--random-state", type=int, default=0, show_default=True, help="Seed.")
def sample(model: Path, n_samples: int, output: Path, random_state: int) -> None:
    """Draw new rows from MODEL: inliers, as it has learnt them.

    A model of a table writes .csv, one of images .png (a grid) or .npy, one of arrays .npy.
    """
    import_libraries()
    from robustgen.cli.fitted_model import FittedModel

    expect_apart([model], {"--output": output})
    expect_writable(output)
    loaded = FittedModel.read(model).model
    detector = detector_of(loaded)
    if not hasattr(detector, "sample"):
        raise UsageError(
            f"the detector of '{model}', {type(detector).__name__}, does not generate: "
            "fit maw, vae, vqvae, sqvae or rvqvae"
        )
    _expect_ending(output, _endings(loaded))
    _write(loaded, detector.sample(n_samples, random_state=random_state), output)
    click.echo(f"{shown(output)}: {n_samples} samples")
    next_step(f"look at {shown(output)}; how good samples are: robustgen bench --task generation")


def _endings(model: Any) -> tuple[str, ...]:
    if hasattr(model, "named_steps"):
        return (".csv",)
    return (".png", ".npy") if len(model.input_shape_) > 1 else (".npy",)


def _expect_ending(output: Path, endings: tuple[str, ...]) -> None:
    if output.suffix not in endings:
        raise UsageError(f"cannot write '{shown(output)}': samples of this model are {' or '.join(endings)}")


def _write(model: Any, rows: Any, output: Path) -> None:
    import numpy as np

    with whole_file(output) as temporary:
        if output.suffix == ".csv":
            model[0].inverse_transform(rows).to_csv(temporary, index=False)
        elif output.suffix == ".npy":
            np.save(temporary, rows)
        else:
            from PIL import Image

            Image.fromarray(grid(rows)).save(temporary)


def grid(images: Any) -> Any:
    """Return images (n, H, W) or (n, C, H, W) side by side as one of uint8, as nearly square as it goes.

    Values over 1 are taken to be 0 to 255, others 0 to 1.
    """
    import numpy as np

    channels = images[:, None] if images.ndim == 3 else images
    n, depth, height, width = channels.shape
    scaled = channels * (1 if images.max() > 1.5 else 255)
    columns = int(np.ceil(np.sqrt(n)))
    places = np.zeros((columns * int(np.ceil(n / columns)), depth, height, width))
    places[:n] = scaled.clip(0, 255)
    laid = places.reshape(-1, columns, depth, height, width).transpose(0, 3, 1, 4, 2)
    pixels = laid.reshape(-1, columns * width, depth).round().astype(np.uint8)
    return pixels[..., 0] if depth == 1 else pixels[..., :3]
