"""Asks a captcha's provider about a token: Turnstile, hCaptcha and Cap all answer a POST named siteverify.

https://developers.cloudflare.com/turnstile/get-started/server-side-validation/, https://docs.hcaptcha.com,
https://capjs.js.org/guide/standalone/usage.html
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import aiohttp

from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import Unavailable

log = logging.getLogger(__name__)

ADDRESSES = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    "hcaptcha": "https://api.hcaptcha.com/siteverify",
}
TIMEOUT_S = 3.0
MAX_ANSWER_BYTES = 16_384
MAX_TOKEN_CHARS = 8_192
MOST_AT_ONCE = 64
"""Tokens that are asked about at a time; a flood of made-up ones keeps us from nothing else."""
OUTAGE_S = 30.0
"""A provider that did not answer is asked again after so long."""
_TOKEN = re.compile(r"[\x21-\x7e]+")
_TOKEN_AT_FAULT = {
    "invalid-input-response", "missing-input-response", "timeout-or-duplicate", "bad-request",
    "already-seen-response", "expired-input-response", "invalid-or-already-seen-response",
}  # fmt: skip
"""Errors that say something of the token. What else goes wrong is the installation's fault, or the provider's."""


class Verdict(Enum):
    """What a provider says."""

    PASSED = "passed"
    FAILED = "failed"
    OUTAGE = "outage"
    """It does not answer, not as documented, or not to us."""


class Siteverify:
    """Asks providers, and remembers which does not answer; each replica for itself."""

    def __init__(
        self,
        secrets: Mapping[str, str],
        http: aiohttp.ClientSession,
        clock: Callable[[], float],
        count: Callable[[str, str], None],
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        """`secrets` by site key; `clock` gives seconds from any moment on; `count` takes a provider and a verdict."""
        self._secrets = secrets
        self._http = http
        self._clock = clock
        self._count = count
        self._addresses = ADDRESSES if addresses is None else addresses
        self._away: dict[str, float] = {}
        self._asking = 0

    def is_away(self, provider: document_pb2.CaptchaProvider) -> bool:
        """Tells whether a provider did not answer lately."""
        return self._clock() - self._away.get(provider.site_key, float("-inf")) < OUTAGE_S

    async def verify(self, provider: document_pb2.CaptchaProvider, token: str, action: str, subject: str) -> Verdict:
        """Returns what a provider says of a token, which it says once.

        Raises:
            Unavailable: too many are being asked about.
        """
        if len(token) > MAX_TOKEN_CHARS or not _TOKEN.fullmatch(token):
            return Verdict.FAILED
        if self._asking >= MOST_AT_ONCE:
            raise Unavailable("too many widgets are being checked; try again in a moment", reason="CAPTCHA_UNAVAILABLE")
        self._asking += 1
        try:
            verdict = await self._asked(provider, token, action, subject)
        finally:
            self._asking -= 1
        if verdict is Verdict.OUTAGE:
            self._away[provider.site_key] = self._clock()
        self._count(provider.name, verdict.value)
        return verdict

    async def _asked(self, provider: document_pb2.CaptchaProvider, token: str, action: str, subject: str) -> Verdict:
        secret = self._secrets.get(provider.site_key)
        if secret is None:
            log.error("no secret for this site key: set CYGNET_SUBMISSION_CAPTCHA_SECRETS", extra=_about(provider))
            return Verdict.OUTAGE
        try:
            answer = await self._post(provider, {"secret": secret, "response": token})
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            # The type alone: its words may hold the address, and never what was sent.
            log.warning("a captcha provider does not answer", extra={**_about(provider), "error": type(error).__name__})
            return Verdict.OUTAGE
        if answer["success"]:
            return Verdict.PASSED if _is_for(answer, provider, action, subject) else Verdict.FAILED
        errors = answer.get("error-codes")
        codes = {str(code)[:64] for code in errors} if isinstance(errors, list) else set()
        # Cap has words in the place of codes.
        if codes <= _TOKEN_AT_FAULT:
            return Verdict.FAILED
        log.error("a captcha provider refuses us", extra={**_about(provider), "codes": sorted(codes)[:8]})
        return Verdict.OUTAGE

    async def _post(self, provider: document_pb2.CaptchaProvider, form: Mapping[str, str]) -> dict[str, Any]:
        """Raises ClientError, TimeoutError, or ValueError or RecursionError for an answer that is none."""
        address = self._addresses.get(provider.name) or f"{provider.url}/{provider.site_key}/siteverify"
        if provider.name == "hcaptcha":
            form = {**form, "sitekey": provider.site_key}
        body: dict[str, Any] = {"json": form} if provider.name == "cap" else {"data": form}
        async with (
            asyncio.timeout(TIMEOUT_S),
            self._http.post(address, allow_redirects=False, **body) as response,
        ):
            raw = await response.content.read(MAX_ANSWER_BYTES + 1)
            while len(raw) <= MAX_ANSWER_BYTES and (more := await response.content.read(MAX_ANSWER_BYTES)):
                raw += more
        # A token that is refused is a 200 of Turnstile and hCaptcha, and some 4xx of Cap.
        if len(raw) > MAX_ANSWER_BYTES or response.status >= 500 or 300 <= response.status < 400:
            raise ValueError("not what was documented")
        answer = json.loads(raw)
        if not isinstance(answer, dict) or not isinstance(answer.get("success"), bool):
            raise ValueError("not what was documented")
        return answer


def _is_for(answer: Mapping[str, Any], provider: document_pb2.CaptchaProvider, action: str, subject: str) -> bool:
    if provider.hostnames and answer.get("hostname") not in provider.hostnames:
        return False
    return provider.name != "turnstile" or (answer.get("action"), answer.get("cdata")) == (action, subject)


def _about(provider: document_pb2.CaptchaProvider) -> dict[str, str]:
    return {"provider": provider.name, "site_key": provider.site_key}
