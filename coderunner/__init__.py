"""CodeRunner's client: submit snippets, watch them run, take their results.

Names load when they are first used, so that ``import coderunner.v1...`` alone stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coderunner.blob import Blob as Blob
    from coderunner.client import Client as Client
    from coderunner.conversation import Taken as Taken
    from coderunner.conversation import Waits as Waits
    from coderunner.errors import CodeRunnerError as CodeRunnerError
    from coderunner.errors import GatewayUnavailable as GatewayUnavailable
    from coderunner.errors import InvalidTask as InvalidTask
    from coderunner.errors import LanguageUnavailable as LanguageUnavailable
    from coderunner.errors import NotFound as NotFound
    from coderunner.errors import NotRedriven as NotRedriven
    from coderunner.errors import QueueFull as QueueFull
    from coderunner.errors import TimedOut as TimedOut
    from coderunner.errors import Unauthenticated as Unauthenticated
    from coderunner.errors import Violation as Violation
    from coderunner.model import CallbackAttempt as CallbackAttempt
    from coderunner.model import CallbackRecord as CallbackRecord
    from coderunner.model import Cancellation as Cancellation
    from coderunner.model import CaseResult as CaseResult
    from coderunner.model import DeadLetter as DeadLetter
    from coderunner.model import Diagnostic as Diagnostic
    from coderunner.model import Execution as Execution
    from coderunner.model import Language as Language
    from coderunner.model import Node as Node
    from coderunner.model import NodeState as NodeState
    from coderunner.model import Output as Output
    from coderunner.model import OutputFile as OutputFile
    from coderunner.model import Progress as Progress
    from coderunner.model import Severity as Severity
    from coderunner.model import Stage as Stage
    from coderunner.model import Status as Status
    from coderunner.model import Stream as Stream
    from coderunner.model import Submitted as Submitted
    from coderunner.model import Verdict as Verdict
    from coderunner.operations import Operator as Operator
    from coderunner.program import Program as Program
    from coderunner.program import RelayedProgram as RelayedProgram
    from coderunner.sync import SyncClient as SyncClient
    from coderunner.sync_program import SyncProgram as SyncProgram
    from coderunner.task import Callback as Callback
    from coderunner.task import Checker as Checker
    from coderunner.task import Comparison as Comparison
    from coderunner.task import Interaction as Interaction
    from coderunner.task import Limits as Limits
    from coderunner.task import Task as Task
    from coderunner.task import Terminal as Terminal
    from coderunner.task import TestCase as TestCase
    from coderunner.test_result import TestResult as TestResult
    from coderunner.test_result import TestStatus as TestStatus

_NAMES_BY_MODULE = {
    "coderunner.blob": ("Blob",),
    "coderunner.client": ("Client",),
    "coderunner.operations": ("Operator",),
    "coderunner.conversation": ("Taken", "Waits"),
    "coderunner.program": ("Program", "RelayedProgram"),
    "coderunner.sync": ("SyncClient",),
    "coderunner.sync_program": ("SyncProgram",),
    "coderunner.errors": (
        "CodeRunnerError",
        "GatewayUnavailable",
        "InvalidTask",
        "LanguageUnavailable",
        "NotFound",
        "NotRedriven",
        "QueueFull",
        "TimedOut",
        "Unauthenticated",
        "Violation",
    ),
    "coderunner.model": (
        "CallbackAttempt",
        "CallbackRecord",
        "Cancellation",
        "CaseResult",
        "DeadLetter",
        "Diagnostic",
        "Execution",
        "Language",
        "Node",
        "NodeState",
        "Output",
        "OutputFile",
        "Progress",
        "Severity",
        "Stage",
        "Status",
        "Stream",
        "Submitted",
        "Verdict",
    ),
    "coderunner.task": ("Callback", "Checker", "Comparison", "Interaction", "Limits", "Task", "Terminal", "TestCase"),
    "coderunner.test_result": ("TestResult", "TestStatus"),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'coderunner' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
