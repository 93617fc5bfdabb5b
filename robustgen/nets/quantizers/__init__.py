"""Quantizers: a latent in; its quantisation, the indices and named terms out.

Every quantizer is called as ``quantizer(z, generators)`` with the latent z of shape
(K, B, P, D), P positions of D channels, and returns a
:class:`robustgen.nets.quantizers.base.Quantized`. Without generators nothing is drawn and
every position takes its most likely code.
"""
