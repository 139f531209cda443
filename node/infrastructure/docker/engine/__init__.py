"""The container engine: its API as far as the node needs it, and the traits of the OCI runtimes that it may use."""
