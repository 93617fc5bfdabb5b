"""JSON and arrays back to objects: the other direction of :mod:`robustgen.storage.encoder`."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from robustgen._checks import UsageError, suggest
from robustgen._storable import addresses, class_at
from robustgen.training.device import choose_device

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Decoder:
    """Makes objects of JSON and arrays.

    Attributes
    ----------
    arrays : dict of str to ndarray
        The numbers that the JSON refers to.
    device : str or None
        What takes the place of the parameter ``device`` of each detector; None leaves it, or makes
        it "auto" where this machine has no such device.
    place : torch.device
        Where tensors go.

    Examples
    --------
    >>> Decoder({"net.weights": np.ones(3)}).decode({"tuple": [64, {"array": "net.weights"}]})
    (64, array([1., 1., 1.]))
    """

    arrays: dict[str, NDArray[Any]]
    device: str | None = None
    place: torch.device = CPU

    def decode(self, node: Any) -> Any:
        """Return the value that JSON stands for.

        Parameters
        ----------
        node : object
            What :meth:`robustgen.storage.encoder.Encoder.encode` returned.

        Raises
        ------
        UsageError
            When a class is not known.
        """
        match node:
            case list():
                return [self.decode(item) for item in node]
            case {"tuple": items}:
                return tuple(self.decode(items))
            case {"dict": items}:
                return self._values(items)
            case {"object": str(address), "parameters": parameters, "state": state}:
                return self._object(address, self._values(parameters), state)
            case dict():
                return self._numbers(node)
            case _:
                return node

    def _values(self, nodes: dict[str, Any]) -> dict[str, Any]:
        return {name: self.decode(node) for name, node in nodes.items()}

    def _numbers(self, node: dict[str, Any]) -> Any:
        match node:
            case {"float": text}:
                return float(text)
            case {"number": value, "dtype": dtype}:
                return np.dtype(dtype).type(self.decode(value))
            case {"text": items, "dtype": dtype}:
                return np.array(items, dtype=dtype)
            case {"array": name}:
                return self.arrays[name]
            case {"complex": name}:
                real, imaginary = self.arrays[name]
                return real + 1j * imaginary
            case {"tensor": name}:
                return self._tensor(self.arrays[name])
            case {"random state": state}:
                generator = np.random.RandomState()
                generator.set_state(self.decode(state))
                return generator
            case _:
                raise ValueError(f"a value of an unknown kind, {sorted(node)}")

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        tensor = torch.tensor(array)
        if self.place.type == "mps" and tensor.dtype == torch.float64:  # which mps does not have
            tensor = tensor.float()
        return tensor.to(self.place)

    def _object(self, address: str, parameters: dict[str, Any], state: dict[str, Any]) -> Any:
        cls = _class_of(address)
        if "device" in parameters:
            device = self.device or _usable(parameters["device"])
            parameters["device"] = device
            return replace(self, place=choose_device(device))._filled(cls(**parameters), state)
        if is_dataclass(cls) or hasattr(cls, "_fields"):
            return cls(**self._values(state))
        return self._filled(cls(**parameters) if parameters else object.__new__(cls), state)

    def _filled(self, owner: Any, state: dict[str, Any]) -> Any:
        """Give an object its attributes, its modules last: their shapes follow from the others."""
        modules = {name: node for name, node in state.items() if isinstance(node, dict) and "module" in node}
        values = self._values({name: node for name, node in state.items() if name not in modules})
        if "__setstate__" in vars(type(owner)):
            owner.__setstate__(values)
        else:
            vars(owner).update(values)
        for name, node in modules.items():
            vars(owner)[name] = self._module(owner.untrained(name), node["module"])
        return owner

    def _module(self, module: nn.Module, tensors: dict[str, Any]) -> nn.Module:
        module.load_state_dict(self._values(tensors), assign=True)
        return module.requires_grad_(False).eval()


def _class_of(address: str) -> type[Any]:
    cls = class_at(address)
    if cls is None:
        raise UsageError(
            f"it holds the class {address!r}, which is not known here{suggest(address, addresses())}; "
            "if it is your own, import the module that defines it first"
        )
    return cls


def _usable(device: str) -> str:
    try:
        choose_device(device)
    except UsageError:
        return "auto"
    return device
