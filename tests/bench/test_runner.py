"""A run: every cell gets its record, side by side or not, killed or not."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.bench import processes
from robustgen.bench.folder import RunFolder
from robustgen.bench.records import RecordFile
from robustgen.bench.runner import Options, run_suite
from robustgen.bench.spec import DatasetSpec
from tests.bench.stubs import REPAIRED
from tests.bench.suites import detector, essence, small_suite, transductive

HERE = Options(jobs=1)
OF_EACH_RUN = processes._processes
pytestmark = pytest.mark.usefixtures("shared_workers")


@pytest.fixture
def own_workers(shared_workers, monkeypatch):
    """Start processes for each run, as a run does: where they die, or where they are to see what is set."""
    monkeypatch.setattr(processes, "_processes", OF_EACH_RUN)


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return essence(run_suite(small_suite(), RunFolder(tmp_path_factory.mktemp("run")), HERE))


def test_every_cell_has_its_record_in_the_suites_order(folder):
    suite = small_suite()
    records = run_suite(suite, folder, HERE)
    assert [record.key for record in records] == [cell.key for cell in suite.cells()]
    assert {record.status for record in records} == {"ok"}
    assert essence(folder.records()[0]) == essence(records)


def test_the_number_of_jobs_changes_nothing(folder, undisturbed):
    assert essence(run_suite(small_suite(), folder, Options(jobs=2))) == undisturbed


def test_a_second_run_has_nothing_to_do(folder):
    first = run_suite(small_suite(), folder, HERE)
    plans, ran = [], []
    again = run_suite(small_suite(), folder, HERE, on_plan=plans.append, on_record=ran.append)
    assert again == folder.records()[0]
    assert essence(again) == essence(first)
    assert plans[0].missing == ran == []


def test_another_corruption_runs_only_its_own_cells(folder):
    run_suite(small_suite(corruption=(0.1,)), folder, HERE)
    ran = []
    run_suite(small_suite(corruption=(0.3,)), folder, HERE, on_record=ran.append)
    assert {record.corruption for record in ran} == {0.3}
    assert {record.corruption for record in folder.records()[0]} == {0.0, 0.1, 0.3}


def test_fresh_runs_everything_again(folder):
    run_suite(small_suite(), folder, HERE)
    ran = []
    records = run_suite(small_suite(), folder, Options(jobs=1, fresh=True), on_record=ran.append)
    assert len(ran) == len(records)


def test_every_detector_sees_the_same_rows_and_order_of_detectors_changes_nothing(folder, tmp_path):
    one, other = detector("Centre"), detector("DecisionOnly")
    forward = run_suite(small_suite(one, other), folder, HERE)
    backward = run_suite(small_suite(other, one), RunFolder(tmp_path / "other"), HERE)
    assert essence(forward) == essence(backward)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_detector_leaves_failed_records_and_the_others_go_on(folder, undisturbed, jobs):
    suite = small_suite(detector("Failing"), *small_suite().detectors)
    records = run_suite(suite, folder, Options(jobs=jobs))
    assert {record.status for record in records if record.detector == "failing"} == {"failed"}
    assert essence(record for record in records if record.detector != "failing") == undisturbed
    assert json.loads(folder.manifest_path.read_text())["cells"] == {"failed": 6, "ok": 12}


def test_failed_cells_are_tried_again(own_workers, folder, monkeypatch):
    suite = small_suite(detector("Failing"))
    run_suite(suite, folder, HERE)
    monkeypatch.setenv(REPAIRED, "1")
    assert {record.status for record in run_suite(suite, folder, HERE)} == {"ok"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_detector_that_kills_its_process_costs_its_own_cells_only(own_workers, folder, undisturbed, jobs):
    living, one_class = small_suite().detectors, {"datasets": (DatasetSpec("wine", ("0",)),)}
    detectors = living[0], detector("Deadly"), living[1]
    suite = small_suite(*detectors, corruption=(0.3,), oracle=False, **one_class)
    records = run_suite(suite, folder, Options(jobs=jobs))
    dead = [record for record in records if record.detector == "deadly"]
    assert {(record.status, record.message) for record in dead} == {
        ("failed", "the process died: out of memory, killed, or crashed")
    }
    assert len(records) == 3
    assert essence(record for record in records if record.detector != "deadly").items() <= undisturbed.items()


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_lack_of_memory_is_a_record_and_the_others_go_on(folder, undisturbed, jobs):
    suite = small_suite(detector("Hungry"), *small_suite().detectors, memory_limit="200MiB")
    records = run_suite(suite, folder, Options(jobs=jobs))
    hungry = {(record.status, record.message) for record in records if record.detector == "hungry"}
    assert hungry == {("memory", "it asked for more than 200 MiB of memory")}
    assert essence(record for record in records if record.detector != "hungry") == undisturbed


def test_a_detector_that_quits_has_failed(folder):
    suite = small_suite(detector("Quitting"), corruption=(0.1,), oracle=False)
    records = run_suite(suite, folder, HERE)
    assert {(record.status, record.message) for record in records} == {("failed", "SystemExit: no licence")}


def test_a_timeout_is_a_record(folder):
    suite = small_suite(detector("Endless"), corruption=(0.1,), oracle=False, timeout=0.05)
    assert {record.status for record in run_suite(suite, folder, HERE)} == {"timeout"}


def test_a_damaged_line_is_named_and_its_cell_runs_again(folder, undisturbed):
    run_suite(small_suite(), folder, HERE)
    lines = folder.records_path.read_text().splitlines()
    lines[3] = lines[3][:50]
    folder.records_path.write_text("\n".join(lines) + "\n")
    plans = []
    assert essence(run_suite(small_suite(), folder, HERE, on_plan=plans.append)) == undisturbed
    assert [number for number, _ in plans[0].damaged] == [4]
    assert len(plans[0].missing) == 1


def test_a_transductive_run_has_its_oracles(folder):
    records = run_suite(transductive(), folder, HERE)
    assert {(record.corruption, record.clean) for record in records} == {
        (c, clean) for c in (0.1, 0.3) for clean in (False, True)
    }


@pytest.mark.parametrize(
    ("suite", "options", "message"),
    [
        (small_suite(detector("Centre", depth=3)), HERE, "has no parameter .depth."),
        (small_suite(detector("Nothing")), HERE, "has no 'Nothing'"),
        (small_suite(corruption=(0.7,)), HERE, "got corruption = "),
        (small_suite(), Options(jobs=0), "got jobs = "),
        (
            small_suite(),
            Options(backend="lokey"),
            "got backend 'lokey', expected 'loky' or 'dask'; did you mean 'loky'",
        ),
        (small_suite(), Options(backend="dask"), "without a scheduler"),
        (small_suite(), Options(scheduler="tcp://here:1"), "expected none for backend 'loky'"),
        (small_suite(memory_limit="much"), HERE, "expected a number with a unit"),
        (small_suite(), Options(device="warp"), "got device=.warp., expected .auto. or one of"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_written(folder, suite, options, message):
    with pytest.raises(UsageError, match=message):
        run_suite(suite, folder, options)
    assert not folder.path.exists()


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def after_three_records(monkeypatch):
    seen = []

    def on_record(record):
        seen.append(record)
        len(seen) < 3 or die()

    return {"on_record": on_record}


def writing(monkeypatch, most, lines_before):
    """Die once a line is written, but for what is behind its first `most` bytes."""
    write, lines = RecordFile._write, []

    def torn(self, data):
        lines.append(data)
        write(self, data if len(lines) <= lines_before else data[:most])
        len(lines) <= lines_before or die()

    monkeypatch.setattr(RecordFile, "_write", torn)
    return {}


def replaced(monkeypatch, place):
    monkeypatch.setattr(place, die)
    return {}


MOMENTS = {
    "before the first cell": lambda monkeypatch: {"on_plan": die},
    "after three records": after_three_records,
    "in the middle of a line": lambda monkeypatch: writing(monkeypatch, 200, 4),
    "before the newline": lambda monkeypatch: writing(monkeypatch, -1, 0),
    "before the manifest is whole": lambda monkeypatch: replaced(monkeypatch, "pathlib.Path.replace"),
    "when all is done but the manifest": lambda monkeypatch: replaced(
        monkeypatch, "robustgen.bench.folder.RunFolder.finish"
    ),
}


def killed_run(path, moment):
    """Run the small suite until it is killed, its cells in a thread: they are not what is killed."""
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr("robustgen.bench.processes._processes", ThreadPoolExecutor)
    run_suite(small_suite(), RunFolder(path), HERE, **MOMENTS[moment](monkeypatch))


def run_killed_after(path, seconds):
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr("robustgen.bench.processes._processes", ThreadPoolExecutor)
    threading.Timer(seconds, die).start()
    run_suite(small_suite(), RunFolder(path), HERE)
    time.sleep(seconds)


def run_killed_beside_workers(path):
    os.setsid()
    run_suite(small_suite(), RunFolder(path), Options(jobs=2), **after_three_records(pytest.MonkeyPatch()))


def expect_killed(forks, target, *arguments):
    process = forks.Process(target=target, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    return process.pid


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_resumes_and_ends_with_the_same_records(forks, folder, undisturbed, moment):
    expect_killed(forks, killed_run, folder.path, moment)
    assert essence(run_suite(small_suite(), folder, HERE)) == undisturbed
    assert essence(folder.records()[0]) == undisturbed


def test_a_run_killed_at_random_moments_resumes_each_time(forks, folder, undisturbed):
    kept = 0
    for delay in np.random.default_rng(0).uniform(0, 0.3, size=3):
        expect_killed(forks, run_killed_after, folder.path, delay)
        records = essence(folder.records()[0])
        assert records.items() <= undisturbed.items()
        assert len(records) >= kept
        kept = len(records)
    assert essence(run_suite(small_suite(), folder, HERE)) == undisturbed


def living_members(group):
    """Processes of a process group that have not ended; a zombie has, whoever is to collect it."""
    living = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it may end while it is looked at
            state, _, their_group, *_ = path.read_text().rpartition(")")[2].split()
            living += [path.parent.name] * (int(their_group) == group and state != "Z")
    return living


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_run_killed_beside_its_workers_leaves_none_of_them_and_resumes(forks, folder, undisturbed):
    group = expect_killed(forks, run_killed_beside_workers, folder.path)
    deadline = time.monotonic() + 30
    while (left := living_members(group)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    assert essence(run_suite(small_suite(), folder, HERE)) == undisturbed
