"""The line to the agent in one container: the engine's attach, the direct line past it, and the protocol on both."""
