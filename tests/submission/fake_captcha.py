"""A FAKE captcha provider for tests: answers `siteverify` as Turnstile's, hCaptcha's and Cap's documentation says.

It shows nobody a widget: `solved` makes a token as a widget would. What it does wrong on demand is `trouble`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET, SITE_KEY = "a-secret-of-the-fake", "site-key-1"


@dataclass
class FakeCaptcha:
    """What it knows, and how often it was asked."""

    url: str = ""
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    asked: int = 0
    trouble: str = ""

    def solved(self, **about: str) -> str:
        """Returns a token; Turnstile's are about hostname, action and cdata, hCaptcha's about hostname."""
        token = secrets.token_urlsafe(64)
        self.tokens[token] = about
        return token

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "turnstile": f"{self.url}/turnstile/v0/siteverify",
            "hcaptcha": f"{self.url}/siteverify",
            "cap": f"{self.url}/{SITE_KEY}/siteverify",
        }

    async def by_form(self, request: web.Request) -> web.StreamResponse:
        """Turnstile and hCaptcha."""
        form = await request.post()
        if (answer := await self._trouble(request)) is not None:
            return answer
        if request.path == "/siteverify" and form.get("sitekey") != SITE_KEY:
            return web.json_response({"success": False, "error-codes": ["sitekey-secret-mismatch"]})
        return self._answer(str(form.get("secret")), str(form.get("response")), request.path)

    async def by_json(self, request: web.Request) -> web.StreamResponse:
        """Cap."""
        said = await request.json()
        if (answer := await self._trouble(request)) is not None:
            return answer
        if said["secret"] != SECRET or said["response"] not in self.tokens or said["response"] in self.used:
            return web.json_response({"success": False, "error": "Invalid token"}, status=404)
        self.used.add(said["response"])
        return web.json_response({"success": True})

    def _answer(self, secret: str, token: str, path: str) -> web.Response:
        if secret != SECRET:
            return web.json_response({"success": False, "error-codes": ["invalid-input-secret"]})
        if token not in self.tokens:
            return web.json_response({"success": False, "error-codes": ["invalid-input-response"]})
        if token in self.used:
            again = "timeout-or-duplicate" if "turnstile" in path else "already-seen-response"
            return web.json_response({"success": False, "error-codes": [again]})
        self.used.add(token)
        facts = {"challenge_ts": "2026-11-25T09:00:00Z", "error-codes": [], **self.tokens[token]}
        return web.json_response({"success": True, **facts})

    async def _trouble(self, request: web.Request) -> web.StreamResponse | None:
        self.asked += 1
        bodies: dict[str, Any] = {
            "html": "<html>maintenance</html>",
            "deep": "[" * 10_000,
            "huge": '{"success": true, "x": "' + "x" * 100_000 + '"}',
            "list": "[true]",
            "truthy": '{"success": 1}',
            "internal": '{"success": false, "error-codes": ["internal-error"]}',
            "endless": "",
        }
        if self.trouble == "hang":
            await asyncio.sleep(60)
        if self.trouble == "reset" and request.transport is not None:
            request.transport.abort()
        if self.trouble == "redirect":
            return web.Response(status=307, headers={"location": "http://169.254.169.254/latest"})
        if self.trouble.isdigit():
            return web.json_response({"success": True}, status=int(self.trouble))
        if self.trouble == "endless":
            endless = web.StreamResponse()
            await endless.prepare(request)
            while True:
                await endless.write(b" " * 65_536)
        return web.Response(text=bodies[self.trouble]) if self.trouble in bodies else None


@asynccontextmanager
async def fake_captcha() -> AsyncIterator[FakeCaptcha]:
    """Runs one."""
    fake, app = FakeCaptcha(), web.Application()
    app.router.add_post("/turnstile/v0/siteverify", fake.by_form)
    app.router.add_post("/siteverify", fake.by_form)
    app.router.add_post(f"/{SITE_KEY}/siteverify", fake.by_json)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()
