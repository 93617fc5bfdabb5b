"""``robustgen sample``: new rows like those of the training set."""

from __future__ import annotations

from pathlib import Path

import click

from robustgen._checks import UsageError
from robustgen._files import expect_new, expect_writable, shown
from robustgen.cli.model import detector_of, import_libraries
from robustgen.cli.outputs import expect_apart, next_step
from robustgen.cli.samples import expect_suited, write_samples


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-n", "n_samples", type=click.IntRange(min=1), default=64, show_default=True, help="How many.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="As below.")
@click.option("--random-state", type=int, default=0, show_default=True, help="Seed.")
def sample(model: Path, n_samples: int, output: Path, random_state: int) -> None:
    """Draw new rows from MODEL: inliers, as it has learnt them.

    A model of a table writes .csv, one of images .png (a grid), one of sounds .wav (one after the other) or a
    folder of .wav files, one of clips .gif, and all but a table's .npy.
    """
    import_libraries()
    from robustgen.cli.fitted_model import FittedModel

    expect_apart([model], {"--output": output})
    (expect_writable if output.suffix else expect_new)(output)
    loaded = FittedModel.read(model).model
    detector = detector_of(loaded)
    if not hasattr(detector, "sample"):
        raise UsageError(
            f"the detector of '{model}', {type(detector).__name__}, does not generate: "
            "fit maw, vae, vqvae, sqvae or rvqvae"
        )
    expect_suited(loaded, output)
    write_samples(loaded, detector.sample(n_samples, random_state=random_state), output)
    click.echo(f"{shown(output)}: {n_samples} samples")
    next_step(f"look at {shown(output)}; how good samples are: robustgen bench --task generation")
