"""From an audit to what its page shows."""

from __future__ import annotations

from functools import partial

import numpy as np

from robustgen.inputs.answers import contents
from robustgen.reporting.audit import LISTED, AuditPage, Cell
from robustgen.triage.drawn import sketches_of
from robustgen.triage.reasons import worded
from robustgen.triage.table_audit import TableAudit


def page_of(audit: TableAudit, options: str = "") -> AuditPage:
    """Return what the page of an audit shows.

    Parameters
    ----------
    audit : TableAudit
        The audit.
    options : str
        How the file was read and judged by the command, as the command that repeats a decision is to say.

    Returns
    -------
    robustgen.reporting.audit.AuditPage
        With cells or drawings of the rows that are listed.
    """
    frame = audit.rows
    detector = audit.model[-1] if audit.table is not None else audit.model
    hashed = contents(audit.array if audit.table is None else audit.table)
    lowest = np.argsort(frame["score"].to_numpy(), kind="stable")[:LISTED].tolist()
    return AuditPage(
        name=audit.name,
        sentence=audit.sentence,
        method=type(detector).__name__,
        about=_about(detector),
        scores=frame["score"].to_numpy(),
        outlier=audit.outlier,
        threshold=audit.threshold,
        interval=audit.contamination_interval,
        share=audit.contamination,
        decided_by=audit.decided_by,
        row_names=audit.row_names,
        p_values=frame["p_value"].to_numpy() if "p_value" in frame else None,
        groups=frame["group"].to_numpy() if "group" in frame else None,
        oddest={place: next(iter(fault.expected)) for place, fault in audit.faults.items()},
        cells={place: _cells(audit, place) for place in lowest} if audit.faults else {},
        findings=tuple((one.kind, one.sentence, one.rows) for one in audit.found),
        categories=audit.categories,
        shares=audit.shares,
        contents=dict(enumerate(hashed)),
        noun=audit.noun,
        draw=partial(sketches_of, audit, lowest),
        options=options,
    )


def _about(detector: object) -> str:
    """Return the first sentence of a detector's documentation."""
    text = " ".join((type(detector).__doc__ or "").split("\n\n")[0].split())
    return text if text.endswith(".") else f"{text}."


def _cells(audit: TableAudit, place: int) -> tuple[Cell, ...]:
    assert audit.table is not None
    row, expected = audit.table.iloc[place], audit.faults[place].expected
    named = {str(name): worded(value) for name, value in row.items()}
    odd = [Cell(name, named[name], True, text) for name, text in expected.items()]
    return (*odd, *(Cell(name, value) for name, value in named.items() if name not in expected))
