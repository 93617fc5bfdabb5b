"""Threads, and the memory that was used."""

from __future__ import annotations

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
