"""What is remarkable in a table beside its outliers, computed once from the table as it was read."""

from __future__ import annotations

import pandas as pd

from robustgen.tables.column_findings import AS_WRITTEN, column_findings, identifiers_of
from robustgen.tables.duplicates import duplicates
from robustgen.tables.finding import Finding
from robustgen.tables.kinds import Notations
from robustgen.tables.order import order_findings

__all__ = ["Finding", "findings", "identifiers_of"]


def findings(table: pd.DataFrame, notations: Notations = AS_WRITTEN) -> tuple[Finding, ...]:
    """Find what is remarkable in a table: rows that repeat, columns that say nothing, cells that cannot be.

    Parameters
    ----------
    table : DataFrame (n, d)
        As read, in the order of the file.
    notations : robustgen.tables.kinds.Notations
        How cells are written, as far as a person has said so.

    Returns
    -------
    tuple of Finding
        Rows first, then columns, then what the order of the rows tells.

    Examples
    --------
    >>> table = pd.DataFrame({"heat": [61.2, 97.5, 61.2], "fuel": ["oil", "gas", "oil"], "on": True})
    >>> for finding in findings(table):
    ...     print(finding.kind, finding.rows, finding.sentence)
    exact duplicates (2,) 1 row equal to an earlier one
    constant column () on is True in all rows
    """
    if not len(table):
        return ()
    named = table.rename(columns=str)
    identifiers = identifiers_of(named, notations)
    rest = named.drop(columns=list(identifiers))
    rows = duplicates(rest) if len(rest.columns) else iter(())
    return (
        *rows,
        *column_findings(named, identifiers, notations),
        *order_findings(named, identifiers, notations),
    )
