"""A suite becomes cells, cells become records: one line of JSON each, whatever happens.

``spec`` says what is run, ``suites`` reads it from TOML, ``registry`` knows the detectors, ``cell``
measures one cell, ``runner`` runs them all, ``records`` and ``provenance`` write what came out,
``folder`` keeps the results of one suite together. Nothing heavy is imported before a cell runs.
"""
