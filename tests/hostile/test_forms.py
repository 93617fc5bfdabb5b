"""Forms: rows are what they mean, however they are stored; what is no number is refused, whoever is asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyod.models.knn import KNN
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import IsolationForest

from robustgen import Autoencoder, SignCanonicalizer, TableEncoder
from robustgen._checks import UsageError
from robustgen.peers import PyODPeer, SklearnPeer

X = np.random.default_rng(0).integers(0, 5, size=(40, 4)).astype(float)
FRAME = pd.DataFrame(X, columns=list("abcd"))
CSR = sparse.csr_matrix(X)


def read_only():
    rows = X.copy()
    rows.flags.writeable = False
    return rows


def with_gaps_between(step=2):
    wide = np.full((80, 8), np.nan)
    wide[::step, ::step] = X
    return wide[::step, ::step]


def explicit_zeros():
    return sparse.csr_matrix((X.ravel(), np.tile(np.arange(4), 40), np.arange(0, 161, 4)), shape=X.shape)


def masked(*cells):
    rows = np.ma.array(X, mask=np.zeros_like(X, bool))
    for cell in cells:
        rows[cell] = np.ma.masked
    return rows


SAME = {
    "big-endian": lambda: X.astype(">f8"),
    "half precision": lambda: X.astype("f2"),
    "more than double precision": lambda: X.astype("longdouble"),
    "whole numbers": lambda: X.astype("i1"),
    "read-only": read_only,
    "columns first": lambda: np.asfortranarray(X),
    "with gaps between": with_gaps_between,
    "backwards": lambda: X[::-1].copy()[::-1],
    "masked nowhere": masked,
    "lists": X.tolist,
    "objects": lambda: X.astype(object),
    "nullable floats": lambda: FRAME.astype("Float64"),
    "nullable whole numbers": lambda: FRAME.astype("Int8"),
    "Arrow": lambda: FRAME.astype("double[pyarrow]"),
    "CSR": lambda: CSR,
    "CSR array": lambda: sparse.csr_array(X),
    "explicit zeros": explicit_zeros,
    **{name: lambda name=name: CSR.asformat(name) for name in ("csc", "coo", "bsr", "dia", "lil", "dok")},
}
WHO = {
    "autoencoder": lambda: Autoencoder(epochs=1, random_state=0),
    "scikit-learn's": lambda: SklearnPeer(IsolationForest(n_estimators=5, random_state=0)),
    "PyOD's": lambda: PyODPeer(KNN()),
}


@pytest.fixture(scope="module", params=WHO)
def detector(request):
    return WHO[request.param]().fit(X)


@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
@pytest.mark.parametrize("form", SAME)
def test_rows_are_what_they_mean(detector, form):
    np.testing.assert_allclose(detector.score_samples(SAME[form]()), detector.score_samples(X), rtol=1e-6)


def dates(unit):
    return X.astype("i8").astype(f"datetime64[{unit}]")


OTHERS = {
    "a masked cell": lambda: masked((3, 1)),
    "a gap": lambda: FRAME.astype("Float64").where(FRAME.index[:, None] != 3),
    "dates": lambda: dates("s"),
    "dates in another unit": lambda: dates("ns"),
    "durations": lambda: X.astype("i8").astype("m8[s]"),
    "columns of dates": lambda: pd.DataFrame(dates("s"), columns=list("abcd")),
    "one column of dates": lambda: FRAME.assign(b=pd.to_datetime(FRAME["b"], unit="D")),
    "dates with a time zone": lambda: FRAME.assign(b=pd.to_datetime(FRAME["b"], unit="D", utc=True)),
    "complex numbers": lambda: X + 0j,
    "complex sparse ones": lambda: CSR.astype(complex),
    "complex columns": lambda: FRAME.astype(complex),
    "text": lambda: X.astype(str),
    "bytes": lambda: X.astype("S"),
    "records": lambda: np.rec.fromarrays(X.T),
}


@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_number_is_refused_in_fit_and_in_score(detector, what):
    for call in (clone(detector).fit, detector.score_samples):
        with pytest.raises((ValueError, TypeError)):
            call(OTHERS[what]())


def test_a_masked_cell_is_missing_for_what_knows_symmetries_too():
    with pytest.raises(ValueError, match="NaN"):
        SignCanonicalizer().fit(masked((3, 1)))


def test_a_masked_cell_is_named():
    with pytest.raises(ValueError, match="NaN in row 3, column 1"):
        Autoencoder(epochs=1).fit(masked((3, 1)))


@pytest.mark.parametrize("who", WHO)
def test_columns_that_are_numbered_have_an_order_too(who, tmp_path):
    frame = pd.DataFrame(X)
    fitted = WHO[who]().fit(frame)
    np.testing.assert_array_equal(fitted.score_samples(frame), fitted.score_samples(X))
    with pytest.raises(UsageError, match=r"got the columns 3, 2, 1, 0, but .* fitted on 0, 1, 2, 3"):
        fitted.score_samples(frame[[3, 2, 1, 0]])
    fitted.fit(X).score_samples(frame[[3, 2, 1, 0]])  # no names were learnt


TABLE = pd.DataFrame(
    {
        "when": pd.date_range("2024-01-01", periods=40, freq="7h"),
        "x": np.random.default_rng(0).normal(size=40),
        "kind": pd.Series(np.arange(40) % 4).astype("category"),
    }
)
WHEN, KIND = TABLE["when"], TABLE["kind"]
CELLS = {
    **{unit: {"when": WHEN.astype(f"datetime64[{unit}]")} for unit in ("s", "ms", "us", "ns")},
    "UTC": {"when": WHEN.dt.tz_localize("UTC")},
    "another time zone": {"when": WHEN.dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata")},
    "dates as text": {"when": WHEN.astype(str)},
    "dates as objects": {"when": WHEN.astype(object)},
    "dates of Arrow": {"when": WHEN.astype("timestamp[us][pyarrow]")},
    "categories as whole numbers": {"kind": KIND.astype(int)},
    "categories as floats": {"kind": KIND.astype("f4")},
    "categories as text": {"kind": KIND.astype(str)},
    "categories as text of Arrow": {"kind": KIND.astype(str).astype("string[pyarrow]")},
    "categories as nullable numbers": {"kind": KIND.astype("Int64")},
    "categories in another order": {"kind": KIND.cat.reorder_categories([3, 1, 2, 0])},
    "numbers as text": {"x": TABLE["x"].astype(str)},
    "numbers as objects": {"x": TABLE["x"].astype(object)},
    "nullable numbers": {"x": TABLE["x"].astype("Float64")},
    "sparse numbers": {"x": pd.arrays.SparseArray(TABLE["x"].to_numpy())},
}


@pytest.fixture(scope="module")
def encoder():
    return TableEncoder(categories="indicators").fit(TABLE)


@pytest.mark.parametrize("form", CELLS)
def test_cells_are_what_they_mean(encoder, form):
    given = TABLE.assign(**CELLS[form])[["kind", "x", "when"]]
    np.testing.assert_allclose(encoder.transform(given), encoder.transform(TABLE), rtol=1e-12)


def test_imaginary_parts_are_not_dropped(encoder):
    with pytest.raises(ValueError, match="row 1, column 'x'"):
        encoder.transform(TABLE.assign(x=TABLE["x"] + 1j))
