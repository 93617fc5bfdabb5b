"""A run on dask workers: the same records as one process, and no worker is missed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from distributed import LocalCluster

from robustgen._checks import UsageError
from robustgen.bench import cluster
from robustgen.bench.folder import RunFolder
from robustgen.bench.runner import Options, run_suite
from robustgen.bench.spec import DatasetSpec
from tests.bench.suites import detector, essence, small_suite

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
}


@contextmanager
def dask(*arguments):
    """Run a command of dask for the block."""
    command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ALLOWED}, **quiet) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    """The address of a scheduler with two workers, each a process."""
    file = tmp_path_factory.mktemp("dask") / "scheduler.json"
    names = ("--scheduler-file", str(file))
    workers = ("worker", *names, "--nworkers", "2", "--nthreads", "1", "--local-directory", str(file.parent))
    with dask("scheduler", *names, "--host", "127.0.0.1", "--port", "0"), dask(*workers):
        while not (file.exists() and file.read_text().endswith("}")):
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"]


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def on(address, **options):
    return Options(backend="dask", scheduler=address, **options)


def test_two_workers_give_the_records_of_one_process(two_workers, folder, tmp_path):
    alone = run_suite(small_suite(), RunFolder(tmp_path / "alone"), Options(jobs=1))
    assert essence(run_suite(small_suite(), folder, on(two_workers))) == essence(alone)


def test_a_worker_that_dies_once_loses_no_cell(two_workers, folder, tmp_path):
    mark = tmp_path / "mark"
    mark.touch()
    suite = small_suite(detector("DeadlyOnce", path=str(mark)), corruption=(0.3,), oracle=False)
    assert {record.status for record in run_suite(suite, folder, on(two_workers, jobs=2))} == {"ok"}
    assert not mark.exists()


def test_two_workers_that_are_killed_lose_no_record(folder, tmp_path):
    suite = small_suite(corruption=(0.3,), oracle=False)
    alone = run_suite(suite, RunFolder(tmp_path / "alone"), Options(jobs=1))
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with LocalCluster(**options, local_directory=str(tmp_path)) as local:
        first = {nanny.pid for nanny in local.workers.values()}

        def kill(record):
            while first:
                os.kill(first.pop(), signal.SIGKILL)

        records = run_suite(suite, folder, on(local.scheduler_address), on_record=kill)
    assert not first
    assert essence(records) == essence(alone)


def test_a_cell_that_takes_every_worker_with_it_has_failed(two_workers, folder):
    one = (DatasetSpec("wine", ("0",)),)
    suite = small_suite(detector("Deadly"), detector("Centre"), corruption=(0.3,), oracle=False, datasets=one)
    records = run_suite(suite, folder, on(two_workers, jobs=1))
    assert {(record.detector, record.status) for record in records} == {
        ("deadly", "failed"),
        ("centre", "ok"),
    }
    assert "each worker that it ran on died" in records[0].message


def test_limits_hold_on_a_worker(two_workers, folder):
    suite = small_suite(
        detector("Endless"),
        detector("Hungry"),
        corruption=(0.3,),
        oracle=False,
        timeout=0.5,
        memory_limit="200MiB",
    )
    ended = {(record.detector, record.status) for record in run_suite(suite, folder, on(two_workers))}
    assert ended == {("endless", "timeout"), ("hungry", "memory")}


def test_a_stopped_run_leaves_the_workers_to_the_next(two_workers, folder):
    def stop(record):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_suite(small_suite(), folder, on(two_workers), on_record=stop)
    assert len(folder.records()[0]) == 1
    assert {record.status for record in run_suite(small_suite(), folder, on(two_workers))} == {"ok"}


def test_a_process_runs_one_cell_at_a_time():
    inside, most = [], []

    def call(cell, device):
        inside.append(cell)
        most.append(len(inside))
        threading.Event().wait(0.01)
        inside.remove(cell)

    threads = [threading.Thread(target=cluster._in_turn, args=(call, cell, None)) for cell in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ModuleNotFoundError("no robustgen"), "cannot run cells .ModuleNotFoundError: no robustgen"),
        (ConnectionError("reset"), "'tcp://here:1' is lost .reset.: run again to go on"),
    ],
)
def test_what_is_not_the_detectors_fault_is_the_clusters(error, message):
    future = Future()
    future.set_exception(error)
    with pytest.raises(UsageError, match=message):
        cluster._record(small_suite().cells()[0], future, "tcp://here:1")


class Cluster:
    """Says what it is told to."""

    def __init__(self, **threads):
        self.threads = threads

    def wait_for_workers(self, number, timeout):
        if not self.threads:
            raise TimeoutError

    def nthreads(self):
        return self.threads


def test_workers_of_several_threads_are_refused():
    with pytest.raises(UsageError, match=r"two with 2 threads.*--nthreads 1, and --nworkers 2"):
        cluster._check_workers(Cluster(one=1, two=2), "tcp://here:1")


def test_a_cluster_without_workers_is_refused():
    with pytest.raises(
        UsageError,
        match="expected one: start one with dask worker tcp://here:1 --nthreads 1",
    ):
        cluster._check_workers(Cluster(), "tcp://here:1")


def test_an_address_where_nobody_answers_is_refused(folder, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with pytest.raises(UsageError, match=r"no scheduler answers at 'tcp://127\.0\.0\.1:9'"):
        run_suite(small_suite(), folder, on("tcp://127.0.0.1:9"))
