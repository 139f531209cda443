"""The shared kernel: the types of everything that crosses the bus or etcd, and the only spelling of its names.

Payloads are JSON so that the ``nats`` CLI can read all of it. Every field is always sent: two versions of the program
must never apply different defaults to one message.
"""
