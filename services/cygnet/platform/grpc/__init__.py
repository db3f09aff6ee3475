"""gRPC as every service speaks it: server, client, interceptors, status, metrics."""

READINESS, LIVENESS = "", "liveness"
"""Names that probes give the standard health service: whether the service is ready; that its event loop answers."""
