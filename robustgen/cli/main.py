"""The group of commands, and how an error looks: one line, exit status 2, no traceback."""

from __future__ import annotations

import sys
import warnings
from typing import Any, NoReturn

import click

from robustgen._checks import UsageError
from robustgen._text import legible
from robustgen.cli.bench import bench
from robustgen.cli.clean import clean
from robustgen.cli.compare import compare
from robustgen.cli.datasets import datasets
from robustgen.cli.fit import fit
from robustgen.cli.leaderboard import leaderboard
from robustgen.cli.report import report
from robustgen.cli.review import review
from robustgen.cli.sample import sample
from robustgen.cli.score import score


class OneLineError(click.ClickException):
    """An error shown as ``Error: ...`` on one line."""

    exit_code = 2

    def format_message(self) -> str:
        """Return the message without its line breaks."""
        return legible(" ".join(self.message.split()))


class OneLineGroup(click.Group):
    """A group whose commands answer bad input with one line; a bug still shows its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and turn what a user can mend into `OneLineError`."""
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except click.UsageError as error:
            _refuse(error.format_message())
        except UsageError as error:
            _refuse(str(error))
        except BrokenPipeError:
            raise
        except OSError as error:
            _refuse(f"{error.strerror}: '{error.filename}'" if error.filename else str(error))
        except MemoryError:
            _refuse("this needs more memory than there is: give fewer rows, or a smaller model")
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            sys.exit(130)


def _show_warning(message: Warning | str, *where: Any, **others: Any) -> None:
    """Show a library's warning as one line, without the line of source that it comes from."""
    click.echo(f"Warning: {legible(' '.join(str(message).split()))}", err=True)


def _refuse(message: str) -> NoReturn:
    raise OneLineError(message) from None


@click.group(cls=OneLineGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="robustgen")
def main() -> None:
    """Anomaly detection when the training data itself is dirty."""


main.add_command(fit)
main.add_command(score)
main.add_command(sample)
main.add_command(clean)
main.add_command(review)
main.add_command(bench)
main.add_command(datasets)
main.add_command(report)
main.add_command(compare)
main.add_command(leaderboard)
