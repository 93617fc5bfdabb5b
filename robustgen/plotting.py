"""Plots of one detector, each onto an axis of the user's: a histogram, a history, a curve, bars, a map, a
spectrogram.

Every function takes ``ax``, draws onto it and returns it; without one it makes a figure. Matplotlib is
imported when something is drawn, and no global setting of it is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from robustgen._checks import UsageError
from robustgen.descriptors.spectrogram import log_spectrogram
from robustgen.inference.explanation import top_features

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["explanation", "heat_map", "history", "precision_recall", "score_histogram", "spectrogram"]

INLIERS, OUTLIERS, MUTED = "#8c959f", "#d1495b", "#6e7781"


def score_histogram(detector: Any, scores: ArrayLike | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw a histogram of scores, with the detector's threshold.

    Parameters
    ----------
    detector : Detector
        Fitted.
    scores : array (n,), optional
        What ``score_samples`` returned; by default ``training_scores_``.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure without one.

    Returns
    -------
    matplotlib.axes.Axes
        The axis.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> fitted = SimpleNamespace(training_scores_=np.arange(10.0), offset_=2.0)
    >>> score_histogram(fitted).get_xlabel()
    'score (larger = more normal)'
    """
    ax = _axis(ax)
    drawn = np.asarray(detector.training_scores_ if scores is None else scores, dtype=float).ravel()
    edges = np.histogram_bin_edges(drawn, bins=min(60, max(10, len(drawn) // 10)))
    flagged = drawn < detector.offset_
    ax.hist([drawn[~flagged], drawn[flagged]], bins=edges.tolist(), stacked=True, color=[INLIERS, OUTLIERS])
    ax.axvline(detector.offset_, color=MUTED, linestyle="--", label=f"threshold, {int(flagged.sum())} below")
    ax.set(xlabel="score (larger = more normal)", ylabel="rows")
    ax.legend(frameon=False)
    return ax


def history(detector: Any, term: str = "objective", *, ax: Axes | None = None) -> Axes:
    """Draw a term of the training objective against the epoch, a line a member, up to where it stopped.

    Parameters
    ----------
    detector : Detector
        Fitted, with ``history_``.
    term : str
        A name of ``history_``.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure without one.

    Returns
    -------
    matplotlib.axes.Axes
        The axis.

    Raises
    ------
    UsageError
        When there is no such term.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from robustgen.training import History
    >>> trained = History(members=2)
    >>> trained.append({"objective": np.array([0.5, 0.7])})
    >>> len(history(SimpleNamespace(history_=trained)).lines)
    2
    """
    trained = detector.history_
    if term not in trained:
        raise UsageError(f"got the term {term!r}, expected one of {', '.join(trained)}")
    ax = _axis(ax)
    for values, stopped in zip(trained[term].T, trained.stopped_at, strict=True):
        lasting = values[: stopped or None]
        ax.plot(np.arange(1, len(lasting) + 1), lasting, linewidth=1, alpha=0.7)
    ax.set(xlabel="epoch", ylabel=f"{term} of each member")
    return ax


def precision_recall(outlier: ArrayLike, scores: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw precision against recall of the outliers, with the share that guessing would be right in.

    Parameters
    ----------
    outlier : array of bool (n,)
        Which rows are outliers.
    scores : array (n,)
        What ``score_samples`` returned, larger = more normal.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure without one.

    Returns
    -------
    matplotlib.axes.Axes
        The axis.

    Raises
    ------
    UsageError
        When the lengths differ, or there are no outliers or nothing else.

    Examples
    --------
    >>> precision_recall([False, False, True], [2.0, 1.0, 0.0]).get_title()
    'average precision 1.00'
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    true, outlierness = np.asarray(outlier, dtype=bool), -np.asarray(scores, dtype=float)
    if true.shape != outlierness.shape or true.ndim != 1 or true.all() or not true.any():
        raise UsageError(
            f"got {np.count_nonzero(true)} outliers among {true.size} rows and {outlierness.size} scores, "
            "expected a score for each row, and rows of both kinds"
        )
    ax = _axis(ax)
    precision, recall, _ = precision_recall_curve(true, outlierness)
    ax.plot(recall, precision, drawstyle="steps-post")
    ax.axhline(true.mean(), color=MUTED, linestyle=":", label="guessing")
    ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    ax.set_title(f"average precision {average_precision_score(true, outlierness):.2f}")
    ax.legend(frameon=False)
    return ax


def explanation(
    contributions: Any, row: int = 0, *, columns: int = 10, names: Sequence[str] = (), ax: Axes | None = None
) -> Axes:
    """Draw which columns contribute most to the error of one row, as bars.

    Parameters
    ----------
    contributions : DataFrame or array (n, d)
        What ``explain`` returned.
    row : int
        The place of the row.
    columns : int
        How many columns, the largest contributions on top.
    names : sequence of str
        Of the columns, where the contributions have none.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure without one.

    Returns
    -------
    matplotlib.axes.Axes
        The axis.

    Raises
    ------
    UsageError
        When the contributions are not those of vectors.

    Examples
    --------
    >>> ax = explanation([[0.1, 7.0, 2.0]], columns=2, names=["age", "pay", "debt"])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['pay', 'debt']
    """
    top = top_features(contributions, columns)
    ax = _axis(ax)
    labels = [str(names[name] if len(names) else name) for name in top.names[row]]
    places = np.arange(len(labels))
    ax.barh(places, top.values[row], color=OUTLIERS)
    ax.set_yticks(places, labels=[label.replace("$", r"\$") for label in labels])  # no mathematics
    ax.invert_yaxis()
    ax.set(xlabel=f"part of the error of row {row}")
    return ax


def heat_map(values: ArrayLike, image: ArrayLike | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw a map of scores or contributions, over its image where that is given.

    Parameters
    ----------
    values : array (H, W) or (C, H, W)
        Larger = more outlying; channels are added up.
    image : array (H, W) or (C, H, W), optional
        What it is of, drawn in grey below the map.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure without one.

    Returns
    -------
    matplotlib.axes.Axes
        The axis.

    Raises
    ------
    UsageError
        When the map is of no image, or of one of another size.

    Examples
    --------
    >>> len(heat_map(np.eye(4), image=np.ones((3, 4, 4))).images)
    2
    """
    drawn = _plane(values, np.sum)
    below = None if image is None else _plane(image, np.mean)
    if below is not None and below.shape != drawn.shape:
        raise UsageError(f"got a map of {drawn.shape} and an image of {below.shape}, expected one size")
    ax = _axis(ax)
    if below is not None:
        ax.imshow(below, cmap="gray")
    ax.imshow(drawn, cmap="magma", alpha=1.0 if below is None else 0.5)
    ax.set_axis_off()
    return ax


def spectrogram(signal: ArrayLike, rate: float = 1.0, *, ax: Axes | None = None) -> Axes:
    """Draw the log spectrogram of a signal or sound.

    Parameters
    ----------
    signal : array (T,) or (C, T)
        The signal; the mean over its channels is drawn.
    rate : float
        Points a second.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure without one.

    Returns
    -------
    matplotlib.axes.Axes
        The axis; ``ax.figure.savefig("sound.png")`` makes a PNG of it.

    Raises
    ------
    UsageError
        When the array has other axes, or less than two points.

    Examples
    --------
    >>> spectrogram(np.sin(np.arange(4000)), rate=8000).get_ylabel()
    'Hz'
    """
    wave = np.asarray(signal, dtype=float)
    if wave.ndim not in (1, 2):
        raise UsageError(f"got an array of shape {wave.shape}, expected one signal (T,) or (C, T)")
    decibels = log_spectrogram(np.atleast_2d(wave)).mean(axis=0)
    ax = _axis(ax)
    extent = (0.0, wave.shape[-1] / rate, 0.0, rate / 2)
    loudest = float(decibels.max())
    ax.imshow(
        decibels, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=loudest - 80, vmax=loudest
    )
    ax.set(xlabel="seconds", ylabel="Hz")
    return ax


def _plane(values: ArrayLike, joined: Any) -> Any:
    array = np.asarray(values, dtype=float)
    if array.ndim not in (2, 3):
        raise UsageError(f"got an array of shape {array.shape}, expected (H, W) or (C, H, W)")
    return joined(array, axis=0) if array.ndim == 3 else array


def _axis(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots()[1]
