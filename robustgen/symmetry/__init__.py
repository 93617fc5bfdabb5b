"""Symmetries of the data, broken before learning: one representative of each orbit.

Rows that a group takes into each other are the same to whoever measures them. A canonicalizer maps
each row to one of its orbit, the same one for all, so that a net need not learn the alternatives, nor
their average.
"""

from __future__ import annotations

from robustgen.symmetry.fourier import FourierCanonicalizer
from robustgen.symmetry.phase import PhaseCanonicalizer
from robustgen.symmetry.sign import SignCanonicalizer

__all__ = ["FourierCanonicalizer", "PhaseCanonicalizer", "SignCanonicalizer"]
