"""HTTP metrics, by route and never by path: what strangers may write must not become a label.

By hand, because starlette-exporter (0.24) takes any method that a client invents as a label, and makes no series ahead.
"""

import time

from prometheus_client import Counter, Histogram
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_ROUTE = "none"
REQUESTS = Counter("cygnet_gateway_http_requests", "HTTP requests answered.", ("method", "route", "code"))
SECONDS = Histogram(
    "cygnet_gateway_http_request_seconds",
    "How long HTTP requests took.",
    ("route",),
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)


class MetricsMiddleware:
    """Counts and times each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        code = 500

        async def send_and_record(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        route = _route_of(scope)
        try:
            await self._app(scope, receive, send_and_record)
        finally:
            method = scope["method"] if scope["method"] in ("GET", "HEAD") else "other"
            REQUESTS.labels(method, route, str(code)).inc()
            SECONDS.labels(route).observe(time.perf_counter() - start)


def prepare_series(routes: list[BaseRoute]) -> None:
    """Makes the series of every route exist before its first request."""
    for route in routes:
        SECONDS.labels(_name_of(route))
        for method in ("GET", "HEAD"):
            REQUESTS.labels(method, _name_of(route), "200")
    REQUESTS.labels("GET", _NO_ROUTE, "404")


def _route_of(scope: Scope) -> str:
    # The router has not run yet, and where it finds nothing it leaves no trace: so ask it.
    routes: list[BaseRoute] = scope["app"].routes
    return next((_name_of(route) for route in routes if route.matches(scope)[0] is not Match.NONE), _NO_ROUTE)


def _name_of(route: BaseRoute) -> str:
    return route.path if isinstance(route, Route | Mount) else _NO_ROUTE
