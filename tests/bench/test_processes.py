"""Cells are handed out to free places, and each device is in one place at a time."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor

import pytest

from robustgen.bench.processes import dispatch, one_a_device


@pytest.fixture
def executor():
    with ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.mark.parametrize(
    ("jobs", "n_devices", "devices"),
    [(8, 2, ["cuda:0", "cuda:1"]), (1, 4, ["cuda:0"]), (3, 3, ["cuda:0", "cuda:1", "cuda:2"]), (4, 0, [])],
)
def test_no_two_places_share_a_device(jobs, n_devices, devices):
    assert one_a_device(jobs, n_devices) == devices


def test_each_cell_ends_once(executor):
    ended = [cell for cell, _ in dispatch(executor, lambda cell, device: cell, deque(range(50)), [None] * 4)]
    assert sorted(ended) == list(range(50))


def test_a_device_computes_one_cell_at_a_time_and_none_is_idle(executor):
    devices = ["cuda:0", "cuda:1", "cuda:2"]
    locks = {device: threading.Lock() for device in devices}
    together = threading.Barrier(3, timeout=10)  # passes only if three run at once

    def call(cell, device):
        assert locks[device].acquire(blocking=False)
        together.wait()
        locks[device].release()
        return device

    used = [future.result() for _, future in dispatch(executor, call, deque(range(9)), devices)]
    assert sorted(used) == sorted(3 * devices)


def test_no_more_cells_are_handed_out_than_there_are_places(executor):
    waiting = deque(range(10))
    running = dispatch(executor, lambda cell, device: cell, waiting, [None, None])
    next(running)
    assert len(waiting) == 8


def test_cells_taken_out_of_the_queue_do_not_run(executor):
    waiting, ran = deque(range(10)), []
    for cell, _ in dispatch(executor, lambda cell, device: cell, waiting, [None]):
        ran.append(cell)
        waiting.clear()
    assert ran == [0]


def test_a_broken_executor_breaks_the_cells_that_are_handed_to_it():
    class Broken(ThreadPoolExecutor):
        def submit(self, *arguments, **named):
            raise BrokenExecutor("gone")

    ended = list(dispatch(Broken(), lambda cell, device: cell, deque(range(3)), [None]))
    assert all(isinstance(future.exception(), BrokenExecutor) for _, future in ended)
    assert len(ended) == 3
