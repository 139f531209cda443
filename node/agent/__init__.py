"""The agent: PID 1 of every slot, which runs programs there on the node's word. Standard library only, since it is
copied into the sandbox image and runs there alone.

``python3 -I -S -B /opt/coderunner/agent CONFIG``; its protocols are in ``docs/agent-protocol.md``. It needs two
capabilities, SETUID and SETGID: everything it does to files that a program could have touched, and the killing, it does
under the program's own uid, so no privilege can be borrowed from it
(``docs/adr/0002-the-agent-acts-as-the-program.md``).
"""
