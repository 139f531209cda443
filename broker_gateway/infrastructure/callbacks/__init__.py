"""The delivery of finished executions to the endpoints that clients name, and to no address that they must not
reach."""
