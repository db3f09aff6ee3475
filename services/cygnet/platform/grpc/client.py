"""How one service calls another: keepalive, retries of what is safe to repeat, and a deadline on every call."""

import json

import grpc

DEADLINE_S = 5.0
"""Deadline of an ordinary unary call, in seconds."""

_SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                # Every call between services is safe to repeat: each carries its own idempotency key.
                "name": [{}],
                "waitForReady": True,
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
)


def channel(address: str) -> grpc.aio.Channel:
    """Returns a channel to a service inside the house. Close it (`async with`)."""
    return grpc.aio.insecure_channel(
        address,
        options=[
            ("grpc.service_config", _SERVICE_CONFIG),
            ("grpc.keepalive_time_ms", 20_000),
            ("grpc.keepalive_timeout_ms", 5_000),
            ("grpc.max_receive_message_length", 32 * 1024 * 1024),
            # A replica that was replaced has another address: by default the name is asked again only after 30 s.
            ("grpc.dns_min_time_between_resolutions_ms", 1_000),
            ("grpc.max_reconnect_backoff_ms", 2_000),
        ],
    )
