"""The page of a benchmark that is no suite: what it asks, its tables, and what their lines say."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from robustgen._files import whole_file, write_text
from robustgen.bench.provenance import FILE_NAME, now, surroundings, write_manifest

FINDINGS = "findings.md"
"""Beside the figures, written by hand: what their lines say."""


def publish(output: Path, title: str, text: str, *tables: pd.DataFrame, measured: int) -> None:
    """Write ``report.md``: the commit that measured, the text, the tables, then ``findings.md`` where it is.

    Where some lines were ``measured`` now, the manifest says of which commit, versions and command they are.
    """
    if measured:
        command = " ".join(["python", *sys.argv]).replace(str(output), f"reports/{output.name}")
        write_manifest(output / FILE_NAME, {**surroundings(None), "command": command, "finished": now()})
    manifest = json.loads((output / FILE_NAME).read_text(encoding="utf-8"))
    commit = (manifest["git"] or {}).get("commit", "unknown")[:7]
    parts = [f"# {title}", f"*Of commit {commit}.*", text.strip(), *map(markdown, tables)]
    findings = output / FINDINGS
    if findings.exists():
        parts.append(findings.read_text(encoding="utf-8").strip())
    with whole_file(output / "report.md") as path:
        write_text(path, "\n\n".join(parts) + "\n")


def markdown(table: pd.DataFrame) -> str:
    """Return a table of words and figures, its index left out."""
    aligned = ["--:" if pd.api.types.is_numeric_dtype(kind) else ":--" for kind in table.dtypes]
    rows = [table.columns, aligned, *table.to_numpy(dtype=object)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
