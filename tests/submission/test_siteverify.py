"""Captcha providers through one adapter: what a token is good for, and what holds while a provider does not answer."""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import redis.asyncio as aioredis

from cygnet.internal.v1 import admin_pb2, document_pb2
from cygnet.platform.errors import InvalidRequest, Refused, Unavailable
from cygnet.submission.proof import siteverify
from cygnet.submission.proof.levels import HIGHEST
from cygnet.submission.proof.siteverify import OUTAGE_S, Siteverify, Verdict
from cygnet.submission.settings import parse_secrets
from cygnet.v1 import submission_pb2

from ..workloads import ADMIN_TOKEN
from .environment import DUCK, Game, bearer, document, playing, raised_by
from .fake_captcha import SECRET, SITE_KEY, FakeCaptcha, fake_captcha
from .test_proof import solved

HOST, DEVICE = "cygnet.example", "d" * 20
JOIN, SUBMIT = submission_pb2.CHALLENGE_ACTION_JOIN, submission_pb2.CHALLENGE_ACTION_SUBMIT
_TROUBLES = ("500", "503", "html", "deep", "huge", "endless", "list", "truthy", "reset", "redirect", "hang")
# Cap has no codes.
TROUBLES = {"turnstile": (*_TROUBLES, "internal"), "hcaptcha": (*_TROUBLES, "internal"), "cap": _TROUBLES}
PASSED, FAILED, OUTAGE = Verdict.PASSED, Verdict.FAILED, Verdict.OUTAGE


def provider(name: str, on_outage: document_pb2.OutagePolicy = document_pb2.OUTAGE_POLICY_ALTCHA):  # type: ignore[no-untyped-def]
    return document_pb2.CaptchaProvider(
        name=name,
        site_key=SITE_KEY,
        hostnames=[] if name == "cap" else [HOST],
        url="https://cap.example" if name == "cap" else "",
        on_outage=on_outage,
    )


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


Asking = tuple[Siteverify, Clock, Counter[str]]


@pytest.fixture
async def fake() -> AsyncIterator[FakeCaptcha]:
    async with fake_captcha() as running:
        yield running


@pytest.fixture
async def asking(fake: FakeCaptcha) -> AsyncIterator[Asking]:
    clock, counted = Clock(), Counter[str]()
    async with aiohttp.ClientSession() as http:
        adapter = Siteverify(
            {SITE_KEY: SECRET}, http, clock, lambda name, verdict: counted.update([f"{name} {verdict}"]), fake.addresses
        )
        yield adapter, clock, counted


@pytest.mark.parametrize("name", ["turnstile", "hcaptcha", "cap"])
async def test_a_token_passes_once(fake: FakeCaptcha, asking: Asking, name: str) -> None:
    adapter, _, counted = asking
    token = fake.solved(hostname=HOST, action="join", cdata=DEVICE)
    assert await adapter.verify(provider(name), token, "join", DEVICE) is PASSED
    assert await adapter.verify(provider(name), token, "join", DEVICE) is FAILED
    assert await adapter.verify(provider(name), "made-up", "join", DEVICE) is FAILED
    assert counted == {f"{name} passed": 1, f"{name} failed": 2} and not adapter.is_away(provider(name))


@pytest.mark.parametrize(
    "about", [{"hostname": "evil.example"}, {"action": "submit"}, {"cdata": "e" * 20}, {"hostname": ""}]
)
async def test_a_token_of_elsewhere_or_for_something_else_fails(
    fake: FakeCaptcha, asking: Asking, about: dict[str, str]
) -> None:
    token = fake.solved(**({"hostname": HOST, "action": "join", "cdata": DEVICE} | about))
    assert await asking[0].verify(provider("turnstile"), token, "join", DEVICE) is FAILED
    if "hostname" in about:
        assert await asking[0].verify(provider("hcaptcha"), fake.solved(**about), "join", DEVICE) is FAILED


@pytest.mark.parametrize("token", ["", "a b", "é", "x\n", "x" * 8_193])
async def test_what_can_be_no_token_is_asked_of_nobody(fake: FakeCaptcha, asking: Asking, token: str) -> None:
    assert await asking[0].verify(provider("turnstile"), token, "join", DEVICE) is FAILED
    assert fake.asked == 0


@pytest.mark.parametrize(
    ("name", "trouble"), [(name, trouble) for name in ("turnstile", "hcaptcha", "cap") for trouble in TROUBLES[name]]
)
async def test_whatever_is_no_answer_is_an_outage_for_a_while(
    fake: FakeCaptcha,
    asking: Asking,
    name: str,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(siteverify, "TIMEOUT_S", 0.3)
    adapter, clock, counted = asking
    token = fake.solved(hostname=HOST, action="join", cdata=DEVICE)
    fake.trouble = trouble
    assert await adapter.verify(provider(name), token, "join", DEVICE) is OUTAGE
    assert adapter.is_away(provider(name)) and counted == {f"{name} outage": 1}
    assert SECRET not in caplog.text and token not in caplog.text
    clock.now += OUTAGE_S
    assert not adapter.is_away(provider(name))


async def test_a_secret_that_is_missing_or_wrong_is_an_outage_and_said(
    fake: FakeCaptcha, caplog: pytest.LogCaptureFixture
) -> None:
    async with aiohttp.ClientSession() as http:
        for secrets, words in (({}, "CYGNET_SUBMISSION_CAPTCHA_SECRETS"), ({SITE_KEY: "wrong"}, "refuses us")):
            adapter = Siteverify(secrets, http, Clock(), lambda *_: None, fake.addresses)
            with caplog.at_level(logging.ERROR):
                assert await adapter.verify(provider("turnstile"), fake.solved(), "join", DEVICE) is OUTAGE
            assert words in caplog.text


async def test_a_flood_of_tokens_has_a_bound(
    fake: FakeCaptcha, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(siteverify, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(siteverify, "MOST_AT_ONCE", 3)
    fake.trouble = "hang"
    calls = [asking[0].verify(provider("turnstile"), f"token-{i}", "join", DEVICE) for i in range(20)]
    verdicts = await asyncio.gather(*calls, return_exceptions=True)
    assert fake.asked == 3 and sum(isinstance(each, Unavailable) for each in verdicts) == 17


def test_secrets_are_read_or_refused_without_repeating_them() -> None:
    assert parse_secrets("") == {} and parse_secrets("k1:s:1, k2:s2") == {"k1": "s:1", "k2": "s2"}
    for wrong in ("hush", "k1:", ":hush", "k1:a,k1:hush", "k 1:hush"):
        with pytest.raises(ValueError, match="site key:secret") as raised:
            parse_secrets(wrong)
        assert "hush" not in str(raised.value)


@pytest.fixture
async def game(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, fake: FakeCaptcha, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Game]:
    monkeypatch.setattr(siteverify, "ADDRESSES", fake.addresses)
    monkeypatch.setenv("CYGNET_SUBMISSION_CAPTCHA_SECRETS", f"{SITE_KEY}:{SECRET}")
    monkeypatch.setattr(siteverify, "TIMEOUT_S", 0.3)
    async with playing(redis_url, tmp_path) as running:
        yield running


async def ask(game: Game, on_outage: document_pb2.OutagePolicy = document_pb2.OUTAGE_POLICY_ALTCHA) -> None:
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.entry.captcha = document_pb2.CAPTCHA_MODE_ALWAYS
    request.document.entry.provider.CopyFrom(provider("turnstile", on_outage))
    await game.admin.ApplyContest(request, metadata=bearer(ADMIN_TOKEN))


async def join(game: Game, captcha_token: str = "", proof: str = "") -> submission_pb2.JoinResponse:
    request = submission_pb2.JoinRequest(
        contest="test", nickname="Ada", device=DEVICE, proof=proof, captcha_token=captcha_token
    )
    return await game.players.Join(request)


async def submit(game: Game, token: str, captcha_token: str, request_id: str) -> submission_pb2.SubmitResponse:
    request = submission_pb2.SubmitRequest(
        contest="test", target="duck", prompt="a duck", request_id=request_id, captcha_token=captcha_token
    )
    return await game.players.Submit(request, metadata=bearer(token))


async def challenge(
    game: Game, action: submission_pb2.ChallengeAction, token: str | None = None
) -> submission_pb2.GetChallengeResponse:
    request = submission_pb2.GetChallengeRequest(contest="test", action=action, device=DEVICE)
    return await game.players.GetChallenge(request, metadata=bearer(token))


def widget_solved(fake: FakeCaptcha, widget: submission_pb2.CaptchaWidget) -> str:
    """What a widget does on the page."""
    return fake.solved(hostname=HOST, action=widget.action, cdata=widget.subject)


async def test_a_widget_lets_in_and_a_retry_is_no_replay(game: Game, fake: FakeCaptcha) -> None:
    await ask(game)
    assert (await raised_by(join(game))).reason == "PROOF_NEEDED"
    offered = await challenge(game, JOIN)
    assert (offered.widget.provider, offered.widget.site_key, offered.widget.subject) == ("turnstile", SITE_KEY, DEVICE)
    me = await join(game, token := widget_solved(fake, offered.widget))
    assert (await raised_by(join(game, token))).reason == "PROOF_NEEDED", "a token makes one participant"
    assert (await raised_by(join(game, fake.solved(hostname="evil.example")))).reason == "PROOF_NEEDED"

    request_id, token = uuid.uuid4().hex, widget_solved(fake, (await challenge(game, SUBMIT, me.session_token)).widget)
    first = await submit(game, me.session_token, token, request_id)
    asked = fake.asked
    assert (await submit(game, me.session_token, token, request_id)).submission == first.submission
    assert fake.asked == asked
    refused = await raised_by(submit(game, me.session_token, token, uuid.uuid4().hex))
    assert isinstance(refused, Refused) and refused.reason == "PROOF_NEEDED"


async def test_who_cannot_use_the_widget_solves_the_longest_puzzle(game: Game) -> None:
    await ask(game)
    offered = (await challenge(game, JOIN)).challenge
    assert f'"level": {HIGHEST}' in offered
    assert (await join(game, proof=await asyncio.to_thread(solved, offered))).session_token


@pytest.mark.parametrize("trouble", ["503", "hang", "html"])
async def test_while_the_provider_is_away_our_own_puzzle_stands_in(game: Game, fake: FakeCaptcha, trouble: str) -> None:
    await ask(game)
    widget, fake.trouble = (await challenge(game, JOIN)).widget, trouble
    assert (await raised_by(join(game, widget_solved(fake, widget)))).reason == "PROOF_NEEDED"
    offered = await challenge(game, JOIN)
    assert not offered.HasField("widget") and '"level": 1' in offered.challenge
    assert (await join(game, proof=solved(offered.challenge))).session_token


async def test_what_holds_while_it_is_away_is_the_organisers_choice(game: Game, fake: FakeCaptcha) -> None:
    await ask(game, document_pb2.OUTAGE_POLICY_REFUSE)
    fake.trouble = "503"
    for token in (fake.solved(), ""):
        away = await raised_by(join(game, token))
        assert isinstance(away, Unavailable) and (away.reason, away.retry_after_s) == ("CAPTCHA_UNAVAILABLE", OUTAGE_S)
    assert f'"level": {HIGHEST}' in (await challenge(game, JOIN)).challenge
    await ask(game, document_pb2.OUTAGE_POLICY_ALLOW)
    assert (await join(game)).session_token and (await join(game, fake.solved())).session_token


async def test_a_document_that_breaks_the_rules_is_refused(game: Game) -> None:
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.entry.captcha = document_pb2.CAPTCHA_MODE_ALWAYS
    request.document.entry.provider.CopyFrom(provider("turnstile"))
    del request.document.entry.provider.hostnames[:]
    assert isinstance(await raised_by(game.admin.ApplyContest(request, metadata=bearer(ADMIN_TOKEN))), InvalidRequest)
