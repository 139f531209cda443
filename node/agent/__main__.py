"""The agent's entry point: ``python3 -I -S -B .../agent CONFIG``, a directory that is started as a program."""

import os
import sys

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    __package__, __spec__ = "agent", None  # relative imports in a program that was started as a directory

from .accounts import name_user
from .config import AgentConfig
from .forbid import forbid_what_cannot_be_listed
from .landlock import rules_descriptor
from .loop import Agent
from .resident_code import keep_code_in_memory
from .terminals import shut_terminals

if __name__ == "__main__":
    shut_terminals()
    rules_descriptor()
    keep_code_in_memory()
    forbid_what_cannot_be_listed()
    config = AgentConfig.parse(sys.argv[1])
    name_user(config)
    sys.exit(Agent(config).serve())
