"""gRPC as every service speaks it: server, client, interceptors, status, metrics."""
