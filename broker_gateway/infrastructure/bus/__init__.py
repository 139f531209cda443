"""The gateway's adapters on the bus: one module for each port, all on one connection. ``streams`` holds what several of
them read with, ``declare`` makes the streams that they rely on."""
