"""``robustgen.audit``: how each row of a table is judged and why, and what else is remarkable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from robustgen._files import whole_file
from robustgen.detectors.parameters import check_contamination
from robustgen.detectors.robust.detector import RobustDetector
from robustgen.inference.audit import finite_scores
from robustgen.inference.conformal import conformal_p_values_among, cross_conformal_p_values
from robustgen.inference.corruption import estimate_corruption
from robustgen.inference.scores import refuse_opposite_sign, scores_of, tolerance_of
from robustgen.tables.encoder import TableEncoder, as_table
from robustgen.tables.findings import Finding, findings
from robustgen.tables.kinds import Notations
from robustgen.triage.faults import Fault, common_faults, faults
from robustgen.triage.reasons import column_shares, worded_reasons
from robustgen.triage.repairs import Repairs
from robustgen.triage.shares import category_codes, removed_shares
from robustgen.triage.verdict import verdict

if TYPE_CHECKING:
    from robustgen.reporting.audit import AuditPage

EXPLAINED = 500
"""So many of the lowest scores are explained, and all rows below the threshold."""
NAMED_COLUMNS = 3
FOLDS = 5
"""Where the detector has no scores of its own that are held out."""
OUTLIER, NORMAL = "outlier", "normal"
BY_ESTIMATE = "the estimate set the threshold"


@dataclass(frozen=True)
class TableAudit:
    """What is known of the rows of a table; :func:`robustgen.audit` makes it.

    Attributes
    ----------
    name : str
        What the table is called.
    model : estimator
        The fitted pipeline of an encoder and a detector, or the detector of rows that are no table's.
    rows : DataFrame (n, ...)
        "verdict" ("outlier" or "normal"), "score" (larger = more normal), "p_value" where rows were held out
        for it, and, of a table, "reason" and "group", the name of the row's fault; both are empty but for
        the outliers and the lowest scores.
    found : tuple of Finding
        What is remarkable beside outliers, and the faults that several outliers have.
    contamination : float
        The estimated share of outliers.
    contamination_interval : tuple of float
        (lower, upper) around it.
    threshold : float
        The score below which the outliers lie.
    decided_by : str
        What set the threshold, in a few words.
    row_names : sequence of str or int, (n,)
        What each row is called: its number from 1, or its file.
    table : DataFrame (n, D) or None
        The rows themselves, where they are a table's.
    array : ndarray or CSR matrix, (n, ...), or None
        The same, where they are no table's.
    faults : dict of int to Fault
        By the places of the rows that are explained, the fault and the expected cells.
    column_shares : DataFrame (k, d)
        By those places, the part of each column in the row's error.

    Examples
    --------
    >>> from robustgen.data.example import boilers
    >>> found = audit(boilers()[0].head(200), contamination=0.05, n_folds=0)
    >>> int(found.outlier.sum()), list(found.findings["kind"].unique()[:1])
    (10, ['identifier'])
    """

    name: str
    model: Any
    rows: pd.DataFrame
    found: tuple[Finding, ...]
    contamination: float
    contamination_interval: tuple[float, float]
    threshold: float
    decided_by: str
    row_names: Sequence[Any]
    table: pd.DataFrame | None = None
    array: Any = None
    faults: dict[int, Fault] = field(default_factory=dict)
    column_shares: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def outlier(self) -> NDArray[np.bool_]:
        """The rows (n,) that are judged to be outliers."""
        return (self.rows["verdict"] == OUTLIER).to_numpy()

    @property
    def findings(self) -> pd.DataFrame:
        """What is remarkable beside outliers: "kind", "columns", "rows" (places from 0) and "sentence"."""
        return pd.DataFrame(self.found, columns=["kind", "columns", "rows", "sentence"])

    @property
    def shares(self) -> pd.DataFrame:
        """What each category would lose; see :func:`robustgen.triage.shares.removed_shares`."""
        return self.shares_of(self.outlier)

    def shares_of(self, removed: NDArray[np.bool_]) -> pd.DataFrame:
        """Return what each category would lose by a removal of rows (n,)."""
        return removed_shares(self.categories, removed)

    @property
    def categories(self) -> dict[str, pd.Categorical]:
        """The categories of each row, by column; see :func:`robustgen.triage.shares.category_codes`."""
        return {} if self.table is None else category_codes(self.model[0], self.table)

    @property
    def row_type(self) -> str:
        """What the rows are: "vectors" (those of tables too), "images", "signals", "clips" or "text"."""
        return getattr(self.model, "row_type_", "vectors")

    @property
    def noun(self) -> str:
        """What rows are called."""
        return self.row_type if self.row_type in ("images", "signals", "clips") else "rows"

    @property
    def sentence(self) -> str:
        """How many rows look wrong, with the interval."""
        n_rows, outliers = len(self.rows), int(self.outlier.sum())
        lower, upper = (round(end * n_rows) for end in self.contamination_interval)
        wrong = f"{outliers:,} of the {n_rows:,} {self.noun} of {self.name} look wrong"
        return f"{wrong} (estimated {lower:,} to {upper:,})"

    def save(self, path: str | PathLike[str]) -> None:
        """Write the audit as one page that needs nothing beside it.

        Parameters
        ----------
        path : str or path-like
            The file, such as "audit.html".
        """
        with whole_file(path) as temporary:
            temporary.write_text(self._page().html(), encoding="utf-8")

    def _repr_html_(self) -> str:
        return self._page().summary()

    def _page(self) -> AuditPage:
        from robustgen.triage.pages import page_of

        return page_of(self)


def audit(
    table: Any,
    detector: Any = None,
    *,
    contamination: float | str = "auto",
    ignore: Sequence[str] = (),
    n_folds: int | None = None,
    random_state: int = 0,
    name: str = "the table",
    row_names: Sequence[Any] | None = None,
) -> TableAudit:
    """Judge the rows of a table, and find what else is remarkable in it; or judge images or signals.

    Parameters
    ----------
    table : DataFrame (n, D) of pandas, polars or Arrow, ndarray (n, H, W) or (n, C, H, W), or Signals
        Numbers, booleans, dates, durations and categories, outliers among the rows or not; or images or
        signals.
    detector : estimator or None
        Any unfitted detector of such rows, larger = more normal; ``None`` takes a
        :class:`robustgen.RobustDetector`. It is cloned.
    contamination : float in (0, 0.5] or "auto"
        The share of the rows to call outliers; "auto" estimates it.
    ignore : sequence of str
        Columns to leave out, such as labels. Empty ones and those that name their rows are left out anyway.
    n_folds : int or None
        Detectors, each of which keeps a part of the rows aside, for the p-values; 0 goes without. ``None``
        takes none where the detector has scores of rows that its models have not seen, as
        :class:`robustgen.RobustDetector` has of vectors, and 5 elsewhere.
    random_state : int
        Which rows those are, and the seed of the default detector.
    name : str
        What the table is called in sentences.
    row_names : sequence or None
        What each row is called, such as the names of files; None numbers them from 1.

    Returns
    -------
    TableAudit
        The rows with verdicts, scores, p-values, reasons and groups; findings; what each category would lose;
        and ``save("page.html")``.

    Raises
    ------
    UsageError
        When a parameter is out of its range, or the detector's scores grow with outlyingness. A cell that
        is not of its column's kind is missing to the detector, and a finding.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"heat": rng.normal(60, 5, 200), "fuel": rng.choice(["oil", "gas"], 200)})
    >>> table.loc[[3, 5], "heat"] *= 1000
    >>> found = audit(table, n_folds=0, contamination=0.01)
    >>> found.rows.loc[[3, 5], ["verdict", "group"]]
       verdict        group
    3  outlier  heat x 1000
    5  outlier  heat x 1000
    """
    usual = RobustDetector(contamination="auto", random_state=random_state)
    judge = usual if detector is None else clone(detector)
    refuse_opposite_sign(judge)
    rows, model = table, judge
    if getattr(table, "ndim", 2) < 3:  # images and signals have no columns to encode
        encoder = TableEncoder(ignore=tuple(ignore), bad_cells="missing")
        rows, model = as_table(table), Pipeline([("table", encoder), ("detector", judge)])
    return audited(
        model,
        rows,
        name=name,
        contamination=contamination,
        n_folds=n_folds,
        random_state=random_state,
        row_names=row_names,
    )


def audited(
    model: Any,
    rows: Any,
    y: Any = None,
    *,
    name: str,
    contamination: float | str = "auto",
    n_folds: int | None = None,
    random_state: int = 0,
    row_names: Sequence[Any] | None = None,
    on_stage: Callable[[str], object] = lambda stage: None,
) -> TableAudit:
    """Fit a model to rows, and say what it makes of them.

    Parameters
    ----------
    model : Pipeline or estimator
        Unfitted: a :class:`robustgen.TableEncoder` and a detector for a table, whose empty columns are left
        out; a detector for an array or images.
    rows : DataFrame, array or CSR matrix
        The rows.
    y : Answers or None
        What a person said of some of them.
    name, contamination, n_folds, random_state
        As in :func:`audit`.
    row_names : sequence or None
        What each row is called; None numbers them from 1.
    on_stage : callable
        Called with what is done next, for people who wait.

    Returns
    -------
    TableAudit
        Findings, reasons and groups of a table alone.
    """
    check_contamination(contamination)
    table = rows.reset_index(drop=True) if hasattr(model, "named_steps") else None
    detector = model if table is None else model[-1]
    on_stage(f"learning from {rows.shape[0]:,} rows")
    encoded = rows if table is None else _ignoring_empty(model[0], table).fit_transform(table)
    detector.fit(encoded, y)
    scores = finite_scores(_training_scores(detector, encoded))
    estimate, threshold = verdict(detector, scores, contamination, by_score=table is not None and y is None)
    outlier = tolerance_of(detector).margins(scores, threshold) < 0
    asked = BY_ESTIMATE if isinstance(contamination, str) else f"asked for {100 * contamination:.3g} %"
    frame = pd.DataFrame({"verdict": np.where(outlier, OUTLIER, NORMAL), "score": scores})
    if n_folds is None and getattr(detector, "holds_out", False):
        on_stage("p-values")
        held_out = detector.held_out_scores(encoded)
        frame["p_value"] = conformal_p_values_among(held_out, tolerance=tolerance_of(detector))
    elif n_folds != 0:
        on_stage(f"p-values: learning {n_folds or FOLDS} more times")
        frame["p_value"] = cross_conformal_p_values(detector, encoded, n_folds or FOLDS, random_state)
    found = TableAudit(
        name=name,
        model=model,
        rows=frame,
        found=(),
        contamination=estimate.share,
        contamination_interval=estimate.interval,
        threshold=threshold,
        decided_by=asked,
        row_names=range(1, len(scores) + 1) if row_names is None else row_names,
        array=rows if table is None else None,
    )
    if table is None:
        return found
    on_stage("explaining")
    return _explained(found, table)


def audit_of_scores(
    model: Any,
    rows: Any,
    scores: NDArray[np.float64],
    outlier: NDArray[np.bool_],
    *,
    name: str,
    decided_by: str,
    p_values: NDArray[np.float64] | None = None,
    row_names: Sequence[Any] | None = None,
) -> TableAudit:
    """Say what a model that was fitted to other rows makes of these.

    Parameters
    ----------
    model : Pipeline or estimator
        Fitted: an encoder and a detector for a table, a detector for an array or images.
    rows : DataFrame, array or CSR matrix
        The rows.
    scores, outlier, p_values : ndarray, (n,)
        What it says of them.
    decided_by : str
        What told the outliers, in a few words.
    name, row_names
        As in :func:`audited`.

    Returns
    -------
    TableAudit
        Its interval is estimated from these scores.
    """
    table = rows.reset_index(drop=True) if hasattr(model, "named_steps") else None
    detector = model if table is None else model[-1]
    estimate = estimate_corruption(scores)
    frame = pd.DataFrame({"verdict": np.where(outlier, OUTLIER, NORMAL), "score": scores})
    if p_values is not None:
        frame["p_value"] = p_values
    found = TableAudit(
        name=name,
        model=model,
        rows=frame,
        found=(),
        contamination=estimate.share,
        contamination_interval=estimate.interval,
        threshold=float(scores[outlier].max()) if outlier.any() else float(detector.offset_),
        decided_by=decided_by,
        row_names=range(1, len(scores) + 1) if row_names is None else row_names,
        array=rows if table is None else None,
    )
    return found if table is None else _explained(found, table)


def _ignoring_empty(encoder: TableEncoder, table: pd.DataFrame) -> TableEncoder:
    named = table.rename(columns=str)
    empty = [name for name in named if named[name].isna().all() and name not in encoder.ignore]
    return encoder.set_params(ignore=(*encoder.ignore, *empty))


def _training_scores(detector: Any, rows: Any) -> NDArray[np.float64]:
    return detector.training_scores_ if hasattr(detector, "training_scores_") else scores_of(detector, rows)


def _findings(encoder: TableEncoder, table: pd.DataFrame) -> tuple[Finding, ...]:
    notations = Notations(encoder.decimal, encoder.thousands, encoder.date_format)
    notes = (Finding("reading", (), (), note) for note in encoder.notes_)
    return (*notes, *findings(table, notations))


def _explained(judged: TableAudit, table: pd.DataFrame) -> TableAudit:
    """Return an audit with what a table's columns tell: findings, reasons and faults."""
    scores, outlier = judged.rows["score"].to_numpy(), judged.outlier
    lowest = np.argsort(scores, kind="stable")[:EXPLAINED]
    places = np.union1d(np.flatnonzero(outlier), lowest)
    part, found = table.iloc[places], _findings(judged.model[0], table)
    shares = column_shares(judged.model, part)
    named = faults(Repairs(judged.model, table, ~outlier), shares, places, found)
    texts = pd.DataFrame("", index=judged.rows.index, columns=["reason", "group"], dtype=object)
    texts.loc[places, "reason"] = worded_reasons(shares, part, NAMED_COLUMNS)
    texts.loc[places, "group"] = [fault.name for fault in named]
    return replace(
        judged,
        rows=judged.rows.join(texts),
        found=(*found, *common_faults(texts["group"].where(outlier, ""))),
        table=table,
        faults=dict(zip(places.tolist(), named, strict=True)),
        column_shares=shares,
    )
