"""The measurement of the dispatch plane; ``python -m bench.dispatch`` runs it."""
