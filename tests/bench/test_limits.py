"""Time and memory are limits; what stays below them is left alone."""

from __future__ import annotations

import resource
import sys
import threading
import time

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from robustgen._checks import UsageError
from robustgen.bench import limits
from robustgen.bench import limits as resources
from robustgen.bench.limits import OutOfMemoryError, OutOfTimeError, memory_limit, parse_size, time_limit

MIB = 2**20
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is the kernel's")


def in_main(call):
    return call()


def in_thread(call):
    """Run in another thread, as a worker of a cluster does, and raise here what was raised there."""
    raised = []

    def run():
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


ANYWHERE = pytest.mark.parametrize("run", [in_main, in_thread])


@ANYWHERE
def test_a_loop_that_takes_too_long_is_interrupted(run):
    def loop():
        with time_limit(0.01):
            while True:
                pass

    with pytest.raises(OutOfTimeError, match=r"given up after 0\.01 s"):
        run(loop)


@ANYWHERE
def test_a_limit_that_is_kept_leaves_no_alarm(run):
    def quick():
        with time_limit(0.2):
            pass
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            pass

    run(quick)


@ANYWHERE
def test_an_error_inside_is_not_taken_for_a_lack_of_time(run):
    def failing():
        with time_limit(5):
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        run(failing)


def test_no_limit_is_no_error():
    with limits.limits(None, None):
        assert True


@LINUX
@pytest.mark.parametrize(
    "ask", [lambda: np.ones(2**26), lambda: torch.ones(2**27), lambda: bytearray(512 * MIB)]
)  # what earlier tests left is let go of meanwhile, and makes room for less
def test_more_memory_than_the_limit_is_refused(ask):
    with pytest.raises(OutOfMemoryError, match="more than 32 MiB"), memory_limit(32 * MIB):
        ask()


@LINUX
def test_memory_that_grows_step_by_step_is_refused_too():
    with pytest.raises(OutOfMemoryError), memory_limit(64 * MIB):
        [np.ones(MIB) for _ in range(1000)]


@LINUX
def test_what_the_process_holds_already_does_not_count():
    held = np.ones(2**24)
    with memory_limit(64 * MIB):
        assert np.ones(2**21).sum() + held[0] == 2**21 + 1


@LINUX
def test_afterwards_the_process_may_have_what_it_could_before():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(OutOfMemoryError), memory_limit(MIB):
        np.ones(2**24)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert np.ones(2**23).size == 2**23


@LINUX
def test_another_error_is_not_taken_for_a_lack_of_memory():
    with pytest.raises(RuntimeError, match="shapes"), memory_limit(64 * MIB):
        raise RuntimeError("shapes do not match")


def test_limits_are_refused_where_no_kernel_keeps_them(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="a memory limit on darwin, expected Linux"):
        limits.check_memory_limits()


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GiB", 4 * 2**30), ("1.5 gib", 3 * 2**29), ("500MB", 500_000_000), ("2k", 2000), ("512", 512)],
)
def test_sizes_are_numbers_with_a_unit(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-4GiB", "4 XB", "0GiB", "0.1", "GiB", "1e9"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="expected a number with a unit: write 4GiB or 500MB"):
        parse_size(text)


def test_one_thread_and_back():
    before = [pool["num_threads"] for pool in threadpool_info()]
    with resources.one_thread():
        assert all(pool["num_threads"] == 1 for pool in threadpool_info())
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_torch_computes_on_one_thread_and_back():
    import torch

    before = torch.get_num_threads()
    with resources.one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_the_peak_holds_what_was_allocated():
    resources.forget_peak_memory()
    before = resources.peak_memory_mib()
    block = bytearray(64 * 2**20)
    block[::4096] = b"x" * len(block[::4096])
    assert resources.peak_memory_mib() > before + 32


def test_without_proc_the_peak_is_that_of_the_process(monkeypatch, tmp_path):
    monkeypatch.setattr(resources, "_STATUS", tmp_path / "none")
    monkeypatch.setattr(resources, "_CLEAR", tmp_path / "none" / "none")
    resources.forget_peak_memory()
    assert resources.peak_memory_mib() > 1
