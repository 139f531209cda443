"""The requests that make durable consumers."""

from __future__ import annotations

import json

from schemas.topology import JsonObject


def create_consumer_request(stream: str, config: JsonObject, *, action: str = "") -> tuple[str, bytes]:
    """API subject and body that create a durable consumer, or make one that is there equal. With ``action`` "create",
    one that is there and different is left as it is, and the request refused."""
    subject = f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{config['durable_name']}"
    return subject, json.dumps({"stream_name": stream, "config": config, "action": action}).encode()
