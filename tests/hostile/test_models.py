"""Model files, suites, records and manifests from strangers."""

from __future__ import annotations

import json

import numpy as np
import pytest

import robustgen
from robustgen import Autoencoder, save
from robustgen._checks import UsageError
from robustgen.bench import provenance, records
from robustgen.bench.folder import RunFolder
from robustgen.bench.records import Record
from robustgen.bench.suites import parse_suite, read_suite
from robustgen.reporting.cells import cells
from robustgen.reporting.run import read_run
from tests.cli.test_bench import SUITE
from tests.detectors.builders import vectors
from tests.hostile import damaged, draws, rows_or_one_line
from tests.reporting import fabricate
from tests.reporting.fabricate import line


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model"
    save(Autoencoder(hidden_dims=(4,), latent_dim=2, epochs=1, random_state=0).fit(vectors()), path)
    return path.read_bytes()


def test_a_damaged_model_scores_or_is_refused(tmp_path, model):
    """What is damaged so that it is a model still answers rows as any model does."""
    n_refused = 0
    for rng in draws("model"):
        (tmp_path / "m").write_bytes(damaged(model, rng))
        loaded = rows_or_one_line(lambda: robustgen.load(tmp_path / "m"))
        n_refused += loaded is None
        if loaded is not None:
            scores = rows_or_one_line(lambda loaded=loaded: loaded.score_samples(vectors()))
            assert scores is None or np.isfinite(scores).all()
    assert n_refused > 0


def test_a_model_with_a_damaged_header_is_refused(tmp_path, model):
    """The damage is where it says what is built."""
    size = int.from_bytes(model[:8], "little")
    for rng in draws("header"):
        header = damaged(model[8 : 8 + size], rng)
        (tmp_path / "m").write_bytes(len(header).to_bytes(8, "little") + header + model[8 + size :])
        rows_or_one_line(lambda: robustgen.load(tmp_path / "m"))


def test_a_damaged_suite_is_a_suite_or_refused(tmp_path):
    for rng in draws("suite"):
        (tmp_path / "s.toml").write_bytes(damaged(SUITE.encode(), rng))
        rows_or_one_line(lambda: read_suite(str(tmp_path / "s.toml")))


ODD = (None, True, -1, 0, 1e309, -0.0, "", "\0", "\ud800", [], {}, [[]], {"a": None}, 10**30, float("nan"))


def changed(value, rng):
    """Return JSON with some of its values replaced by odd ones, as a file that was edited by hand has."""
    if rng.random() < 0.05:
        return ODD[rng.integers(len(ODD))]
    if isinstance(value, dict):
        return {name: changed(one, rng) for name, one in value.items() if rng.random() > 0.02}
    return [changed(one, rng) for one in value] if isinstance(value, list) and len(value) < 9 else value


@pytest.mark.parametrize("how", ["bytes", "values"])
def test_damaged_records_are_named_and_the_others_are_read(tmp_path, how):
    whole = [line("knn", "wine", repetition=repetition) for repetition in range(4)]
    for rng in draws(f"records {how}"):
        lines = [json.dumps(one) for one in whole]
        if how == "bytes":
            content = damaged("\n".join(lines).encode(), rng)
        else:
            content = "\n".join([json.dumps(changed(whole[0], rng)), *lines[1:], ""]).encode()
        (tmp_path / records.FILE_NAME).write_bytes(content)
        read, bad = records.read(tmp_path / records.FILE_NAME)
        assert all(isinstance(record, Record) for record in read)
        assert all("\n" not in reason for _, reason in bad)
        if how == "values":
            assert len(read) >= 3
            assert len(read) + len(bad) == 4
            assert len(cells(read)) == len(read)


def test_a_damaged_manifest_is_read_or_refused(tmp_path):
    content = json.dumps(fabricate.manifest())
    fabricate.write(tmp_path / "run", [line("knn", "wine")], fabricate.manifest())
    for rng in draws("manifest"):
        (tmp_path / "run" / provenance.FILE_NAME).write_bytes(damaged(content.encode(), rng))
        rows_or_one_line(lambda: read_run(tmp_path / "run"))
        rows_or_one_line(RunFolder(tmp_path / "run")._manifest)


KEYS = ("corruption", "repetitions", "timeout", "memory_limit", "max_train", "dataset", "baseline", "task")


@pytest.mark.parametrize("key", KEYS)
def test_odd_values_of_a_suite_are_refused_or_its_cells_are_counted(key):
    table = {"dataset": [{"name": "wine", "inlier_classes": [0]}], "detector": [{"name": "knn"}]}
    for value in ODD:
        planned = rows_or_one_line(lambda value=value: parse_suite({**table, key: value}).cells())
        assert planned is None or len(planned) < 100


def test_what_is_nested_without_end_is_damaged(tmp_path):
    folder = fabricate.write(tmp_path / "run", [line("knn", "wine")], fabricate.manifest())
    with (folder / records.FILE_NAME).open("a") as file:
        file.write("[" * 200_000 + "\n")
    assert [number for number, _ in read_run(folder).damaged] == [2]
    (folder / provenance.FILE_NAME).write_text('{"a":' * 200_000)
    for read in (lambda: read_run(folder), RunFolder(folder)._manifest):
        with pytest.raises(UsageError, match="damaged"):
            read()


def test_a_model_that_declares_more_than_it_holds_is_refused_before_anything_is_built(tmp_path):
    header = json.dumps({"w": {"dtype": "F64", "shape": [2**20, 2**18], "data_offsets": [0, 2**41]}}).encode()
    (tmp_path / "m").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(UsageError, match="no model of robustgen"):
        robustgen.load(tmp_path / "m")
