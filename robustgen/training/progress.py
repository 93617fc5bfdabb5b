"""What is seen of a training while it runs."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from robustgen.training.history import History


class ProgressBar:
    """Show the epochs of a training with the latest terms, on standard error or in a notebook.

    Used as a context; call it with the history after each epoch, as
    :func:`robustgen.training.train` does with its ``on_epoch``. Where standard error is neither a
    terminal nor a notebook's, nothing is shown.

    Parameters
    ----------
    epochs : int
        Epochs in all.
    title : str
        What is trained.
    """

    def __init__(self, epochs: int, title: str) -> None:
        console = Console(stderr=True)
        # The terms are the first to give way on a narrow screen.
        shortened = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}", table_column=shortened),
            console=console,
            expand=True,
            disable=not (console.is_terminal or console.is_jupyter),
        )
        self._task = self._progress.add_task(title, total=epochs, terms="")

    def __enter__(self) -> ProgressBar:
        if not self._progress.disable:  # an older rich prints a line for a bar that it does not show
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._progress.disable:
            self._progress.stop()

    def __call__(self, history: History) -> None:
        terms = "  ".join(f"{name} {value:.4g}" for name, value in history.latest.items())
        self._progress.update(self._task, completed=history.epochs, terms=terms)
