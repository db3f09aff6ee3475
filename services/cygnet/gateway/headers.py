"""What a browser may do with what we send: one place, so that no answer goes without."""

from collections.abc import Iterable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
"""For what carries its hash in its name."""

_PAGE_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_TURNSTILE = "https://challenges.cloudflare.com"
_HCAPTCHA = "https://hcaptcha.com https://*.hcaptcha.com"
_WIDGETS = {
    # https://developers.cloudflare.com/turnstile/reference/content-security-policy/
    "turnstile": {"script-src": _TURNSTILE, "frame-src": _TURNSTILE},
    # https://docs.hcaptcha.com/#content-security-policy-settings
    "hcaptcha": dict.fromkeys(("script-src", "frame-src", "style-src", "connect-src"), _HCAPTCHA),
}


def page_headers(captcha_providers: Iterable[str]) -> Mapping[str, str]:
    """Returns the headers of the page; the widgets of `captcha_providers` may run in it, and nothing else of anybody's.

    A provider is "turnstile", "hcaptcha", or the https:// address of a Cap.
    """
    policy = dict(_PAGE_POLICY)
    for provider in captcha_providers:
        # Cap solves its puzzle in WebAssembly, in a worker that it makes of a blob.
        cap = {"script-src": f"{provider} 'wasm-unsafe-eval'", "connect-src": provider, "worker-src": "'self' blob:"}
        for directive, sources in _WIDGETS.get(provider, cap).items():
            policy[directive] = f"{policy.get(directive, '')} {sources}".strip()
    return {
        # A page that was stored would name scripts that are gone after an update.
        "cache-control": "no-store",
        "content-security-policy": "; ".join(f"{directive} {sources}" for directive, sources in policy.items()),
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
