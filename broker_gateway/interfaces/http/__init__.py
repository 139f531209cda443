"""The API over HTTP: JSON in, a use case, JSON or a problem out; what is live comes as server-sent events."""
