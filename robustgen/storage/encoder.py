"""Objects to JSON, their numbers put aside as arrays.

None, true and false, integers, finite floats, text and lists stand for themselves; everything else
is a JSON object whose first key names its kind: ``{"array": "scaling_.center"}``,
``{"tuple": [64, 32]}``, ``{"object": "robustgen.detectors.rsrae:RSRAE", ...}``.
"""

from __future__ import annotations

import math
from functools import singledispatchmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from robustgen._checks import UsageError
from robustgen._storable import address_of


class Encoder:
    """Turns objects into JSON and puts their numbers aside.

    Attributes
    ----------
    arrays : dict of str to ndarray
        The numbers, under the dotted path of the attribute that holds them.

    Examples
    --------
    >>> encoder = Encoder()
    >>> encoder.encode({"widths": (64, 32), "weights": np.ones(3)}, "net")
    {'dict': {'widths': {'tuple': [64, 32]}, 'weights': {'array': 'net.weights'}}}
    >>> encoder.arrays
    {'net.weights': array([1., 1., 1.])}
    """

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}

    @singledispatchmethod
    def encode(self, value: Any, path: str) -> Any:
        """Return the JSON of a value that was found at a path.

        Raises
        ------
        UsageError
            When the value, or something in it, is of a kind that files do not hold.
        """
        return self._object(value, path)

    @encode.register(type(None))
    @encode.register(int)
    @encode.register(str)
    def _(self, value: Any, path: str) -> Any:
        return value

    @encode.register
    def _(self, value: float, path: str) -> Any:
        return value if math.isfinite(value) else {"float": str(value)}

    @encode.register
    def _(self, value: np.generic, path: str) -> Any:
        return {"number": self.encode(value.item(), path), "dtype": value.dtype.str}

    @encode.register
    def _(self, value: list, path: str) -> Any:
        return [self.encode(item, f"{path}.{place}") for place, item in enumerate(value)]

    @encode.register
    def _(self, value: tuple, path: str) -> Any:
        if hasattr(value, "_asdict"):
            return self._object(value, path)
        return {"tuple": self.encode(list(value), path)}

    @encode.register
    def _(self, value: dict, path: str) -> Any:
        for key in value:
            if not isinstance(key, str):
                raise UsageError(f"cannot save {path}: its key {key!r} is no text")
        return {"dict": {key: self.encode(item, f"{path}.{key}") for key, item in value.items()}}

    @encode.register
    def _(self, value: np.ndarray, path: str) -> Any:
        if value.dtype.kind in "OU" and all(isinstance(item, str) for item in value.flat):
            return {"text": value.tolist(), "dtype": "O" if value.dtype.kind == "O" else "U"}
        if value.dtype.kind == "c":  # safetensors has no complex numbers of double precision
            return {"complex": self._put(np.stack([value.real, value.imag]), path)}
        if value.dtype.kind not in "biuf":
            raise UsageError(f"cannot save {path}: an array of {value.dtype} holds neither numbers nor text")
        return {"array": self._put(value, path)}

    @encode.register
    def _(self, value: Tensor, path: str) -> Any:
        return {"tensor": self._put(value.detach().cpu().numpy(), path)}

    @encode.register
    def _(self, value: np.random.RandomState, path: str) -> Any:
        return {"random state": self.encode(value.get_state(legacy=True), path)}

    def _put(self, array: NDArray[Any], path: str) -> str:
        self.arrays[path] = np.array(array, dtype=array.dtype.newbyteorder("<"), order="C")
        return path

    def _object(self, value: Any, path: str) -> Any:
        address = address_of(type(value))
        if address is None:
            raise UsageError(
                f"cannot save {path}, which is of type {type(value).__name__}: a model file holds plain "
                "values, arrays and robustgen's own classes, each as it was defined last"
            )
        parameters = value.get_params(deep=False) if isinstance(value, BaseEstimator) else {}
        state = {key: held for key, held in _state(value).items() if key not in parameters}
        return {
            "object": address,
            "parameters": {key: self.encode(held, f"{path}.{key}") for key, held in parameters.items()},
            "state": {key: self._attribute(value, key, held, f"{path}.{key}") for key, held in state.items()},
        }

    def _attribute(self, owner: Any, name: str, value: Any, path: str) -> Any:
        if not isinstance(value, nn.Module):
            return self.encode(value, path)
        if _shapes(owner.untrained(name)) != _shapes(value):
            raise UsageError(
                f"cannot save {path}: the parameters of this {type(owner).__name__} were changed after its "
                "fit; fit it anew"
            )
        tensors = value.state_dict()
        return {"module": {key: self.encode(tensor, f"{path}.{key}") for key, tensor in tensors.items()}}


def _state(value: Any) -> dict[str, Any]:
    """Return the attributes of an object, or what it makes of them itself."""
    if hasattr(value, "_asdict"):
        return value._asdict()
    state = value.__getstate__() if "__getstate__" in vars(type(value)) else vars(value)
    unstored = getattr(type(value), "unstored", ())  # what is of use to the process that made it only
    return {name: held for name, held in state.items() if name not in unstored}


def _shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
