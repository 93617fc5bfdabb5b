"""The clean is what screeners agree on."""

from __future__ import annotations

import numpy as np

from robustgen.densities.clean_subset import least_suspected


def test_only_the_order_of_a_screener_counts():
    errors = np.random.default_rng(0).normal(size=(3, 101))
    clean = least_suspected(list(errors), 0.5)
    assert clean.sum() == 51
    assert (least_suspected([errors[0], np.exp(errors[1]), 1e9 * errors[2]], 0.5) == clean).all()


def test_one_screener_alone_does_not_condemn_a_row():
    calm = np.arange(10.0)
    upset = calm.copy()
    upset[0] = 1e12
    assert least_suspected([calm, calm, upset], 0.5)[0]
