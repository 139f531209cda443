"""The gateway's side of the bus: one module per port, on one connection."""
