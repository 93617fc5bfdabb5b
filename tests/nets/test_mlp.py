"""The activation follows the range of the data."""

import pytest

from robustgen.nets.mlp import ACTIVATIONS, activation_for


@pytest.mark.parametrize(
    ("low", "high", "name"),
    [(0, 1, "relu"), (0, 255, "relu"), (-1, 1, "tanh"), (-0.5, 2, "leaky_relu"), (-9, -8, "leaky_relu")],
)
def test_the_range_decides(low, high, name):
    assert activation_for(low, high) == name
    assert name in ACTIVATIONS
