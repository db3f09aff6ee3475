"""What a browser may do with what we send: one place, so that no answer goes without."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
"""For what carries its hash in its name."""

PAGE_HEADERS = {
    # A page that was stored would name scripts that are gone after an update.
    "cache-control": "no-store",
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
}

PICTURE_HEADERS = {**IMMUTABLE}

_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # For what is no page of ours, pictures and error texts above all: nothing in it may run.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
}


class SafeHeaders:
    """Adds the headers that every answer has, where the answer does not set them itself."""

    def __init__(self, app: ASGIApp, by_prefix: Mapping[str, Mapping[str, str]]) -> None:
        """`by_prefix` are headers for successful answers under a path."""
        self._app = app
        self._by_prefix = by_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for prefix, more in self._by_prefix.items():
                    if scope["path"].startswith(prefix) and message["status"] in (200, 206, 304):
                        headers.update(more)
                for name, value in _EVERYWHERE.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
