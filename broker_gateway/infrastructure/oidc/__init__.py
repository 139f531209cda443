"""Identity tokens of an OpenID Connect issuer (docs/adr/0024-who-calls.md)."""
