"""The ``coderunner`` command."""

from __future__ import annotations

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
"""Unless this is set before it is loaded, gRPC's C library writes lines of its own between ours to standard error: a
peer that goes away is one. What matters to us we are told as an error."""
