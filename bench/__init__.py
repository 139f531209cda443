"""Measurements: each prints a table and writes its figures to ``bench/results``. None is a timed test."""
