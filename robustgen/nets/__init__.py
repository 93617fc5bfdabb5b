"""Torch parts, one concept a file.

Every parameter and buffer carries the **member axis** first: a net holds K nets of one
shape, its input is (K, B, ...) and member k never sees another member's rows or weights.
Modules are written and initialised with K = 1; :func:`robustgen.nets.members.stack` joins them.
"""
