"""The node's side of the bus: where tasks come from, and where results, events and live output go."""
