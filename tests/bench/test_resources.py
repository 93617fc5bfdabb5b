"""Threads, time and memory."""

from __future__ import annotations

import threading

import pytest
from threadpoolctl import threadpool_info

from robustgen.bench import resources


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


def test_a_limit_interrupts_a_loop():
    def loop():
        with resources.time_limit(0.01):
            while True:
                pass

    with pytest.raises(resources.OutOfTimeError, match=r"0\.01 s"):
        loop()


def test_a_limit_that_is_kept_leaves_no_alarm():
    with resources.time_limit(0.05):
        pass
    total = sum(range(3_000_000))
    assert total > 0


def test_no_limit_and_no_main_thread_are_no_error():
    def run(seconds, done):
        with resources.time_limit(seconds):
            done.append(seconds)

    done = []
    run(None, done)
    thread = threading.Thread(target=run, args=(1.0, done))
    thread.start()
    thread.join()
    assert done == [None, 1.0]


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
