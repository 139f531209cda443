"""One connection to NATS, and what is said over it: requests, posts, JetStream's JSON API, acknowledgements."""
