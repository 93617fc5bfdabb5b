"""A small table with planted errors: what a first try can be measured on."""

from __future__ import annotations

import numpy as np
import pandas as pd

N_ROWS = 600
FAULTS = {
    "heat x 1000": 6,
    "heat and flow swapped": 5,
    "pressure = -999": 5,
    "pressure of another boiler": 6,
    "state misspelt": 4,
}
"""What is planted, and into how many rows."""


def boilers(seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Return readings of boilers, some of them wrong, and what was planted where.

    Nothing of it was measured: pressure and flow follow the heat, which follows the state, up to noise.

    Parameters
    ----------
    seed : int
        Of the readings, and of the rows that are wrong.

    Returns
    -------
    table : DataFrame (600, 7)
        "boiler", "installed", "fuel", "state", "heat", "pressure" and "flow".
    planted : Series of str, (600,)
        The error of each row, or an empty text.

    Examples
    --------
    >>> table, planted = boilers()
    >>> table.shape, int((planted != "").sum())
    ((600, 7), 26)
    """
    rng = np.random.default_rng(seed)
    state = rng.choice(["idle", "running"], N_ROWS, p=[0.3, 0.7])
    heat = np.where(state == "idle", 25.0, 75.0) + rng.normal(0, 4, N_ROWS)
    table = pd.DataFrame(
        {
            "boiler": [f"B-{number:04}" for number in range(1, N_ROWS + 1)],
            "installed": pd.Timestamp("2015-01-01")
            + pd.to_timedelta(rng.integers(0, 3000, N_ROWS), unit="D"),
            "fuel": rng.choice(["gas", "oil", "wood"], N_ROWS, p=[0.6, 0.3, 0.1]),
            "state": state,
            "heat": heat.round(1),
            "pressure": (1 + heat / 40 + rng.normal(0, 0.06, N_ROWS)).round(2),
            "flow": (100 + 6 * heat + rng.normal(0, 12, N_ROWS)).round(0),
        }
    )
    places = np.split(rng.permutation(N_ROWS)[: sum(FAULTS.values())], np.cumsum([*FAULTS.values()])[:-1])
    planted = pd.Series("", index=table.index)
    for fault, rows in zip(FAULTS, places, strict=True):
        planted[rows] = fault
        _plant(table, fault, rows)
    return table, planted


def _plant(table: pd.DataFrame, fault: str, rows: np.ndarray) -> None:
    if fault == "heat x 1000":
        table.loc[rows, "heat"] *= 1000
    elif fault == "heat and flow swapped":
        table.loc[rows, ["heat", "flow"]] = table.loc[rows, ["flow", "heat"]].to_numpy()
    elif fault == "pressure = -999":
        table.loc[rows, "pressure"] = -999
    elif fault == "pressure of another boiler":  # one in the other state: each value is usual, not the pair
        other = {name: table.loc[table["state"] == name, "pressure"].median() for name in ("idle", "running")}
        states = table.loc[rows, "state"].map({"idle": "running", "running": "idle"})
        table.loc[rows, "pressure"] = states.map(other)
    else:
        table.loc[rows, "state"] = table.loc[rows, "state"].map({"idle": "idel", "running": "runing"})
