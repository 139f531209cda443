"""The failures of shared parts that a service's application layer may meet. No technology is imported here."""

from __future__ import annotations


class BusUnavailableError(ConnectionError):
    """The bus did not answer in time, or refused. What was asked of it may or may not have happened."""


class BusAwayError(BusUnavailableError):
    """The bus is not connected, and was not in time: what was asked of it was never sent, and has not happened."""


class GaveUpError(Exception):
    """A part could not be reached in as many tries in a row as the settings allow."""
