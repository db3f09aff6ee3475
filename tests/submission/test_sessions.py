"""A session token is the identity: it must hold through key rotation and for nobody else."""

import base64
import hmac
from dataclasses import replace

import jwt
import pytest

from cygnet.platform.errors import NotSignedIn
from cygnet.platform.signing_keys import parse_keys
from cygnet.submission.sessions import LIFETIME_S, Session, SessionKeys, new_participant_id

OLD, NEW = "old:" + "o" * 32, "new:" + "n" * 32
SESSION = Session("pycon", "p" * 26, "백조 🦢")
NOW = 1_790_000_000_000


def keys(text: str, now: int = NOW) -> SessionKeys:
    return SessionKeys(parse_keys(text), lambda: now)


def test_a_token_says_who_it_was_issued_to() -> None:
    assert keys(NEW).verify(keys(NEW).issue(SESSION), "pycon") == SESSION


def test_a_token_says_who_was_present() -> None:
    present = replace(SESSION, present=True)
    assert keys(NEW).verify(keys(NEW).issue(present), "pycon") == present


def test_a_token_outlives_one_rotation_and_not_two() -> None:
    token = keys(OLD).issue(SESSION)
    assert keys(f"{NEW},{OLD}").verify(token, "pycon") == SESSION
    with pytest.raises(NotSignedIn):
        keys(NEW).verify(token, "pycon")


def test_the_first_key_signs() -> None:
    assert jwt.get_unverified_header(keys(f"{NEW},{OLD}").issue(SESSION))["kid"] == "new"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 1000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotSignedIn):
        keys(NEW).verify(token, "pycon")


def test_a_token_without_signature_is_refused() -> None:
    claims = {"con": "pycon", "sub": "p" * 26, "exp": NOW // 1000 + 60}
    forged = jwt.encode(claims, None, algorithm="none", headers={"kid": "new"})
    with pytest.raises(NotSignedIn):
        keys(NEW).verify(forged, "pycon")


def test_a_token_signed_by_another_key_under_our_kid_is_refused() -> None:
    forged = keys("new:" + "x" * 32).issue(SESSION)
    with pytest.raises(NotSignedIn):
        keys(NEW).verify(forged, "pycon")


def test_an_unknown_kid_does_not_verify_with_an_empty_key() -> None:
    head, claims, _ = keys("nobody:" + "x" * 32).issue(SESSION).split(".")
    signature = hmac.digest(b"", f"{head}.{claims}".encode(), "sha256")
    forged = f"{head}.{claims}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    with pytest.raises(NotSignedIn):
        keys(NEW).verify(forged, "pycon")


def test_a_token_of_another_contest_is_refused() -> None:
    with pytest.raises(NotSignedIn) as refused:
        keys(NEW).verify(keys(NEW).issue(SESSION), "other")
    assert refused.value.reason == "SESSION_OF_ANOTHER_CONTEST"


def test_a_token_ends() -> None:
    token = keys(NEW).issue(SESSION)
    with pytest.raises(NotSignedIn) as refused:
        keys(NEW, NOW + LIFETIME_S * 1000 + 1000).verify(token, "pycon")
    assert refused.value.reason == "SESSION_EXPIRED"


@pytest.mark.parametrize("text", ["", "nosecret", "kid:short", ":" + "x" * 32, "k d:" + "x" * 32])
def test_weak_or_malformed_keys_are_refused_at_start(text: str) -> None:
    with pytest.raises(ValueError, match="signing keys"):
        keys(text)


def test_participants_are_told_apart() -> None:
    ids = {new_participant_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(i) == 26 for i in ids)


def test_a_token_that_was_verified_before_is_held_against_clock_and_contest_again() -> None:
    times = [NOW] * 4 + [NOW + LIFETIME_S * 1000 + 1000]
    session_keys = SessionKeys(parse_keys(NEW), iter(times).__next__)
    token = session_keys.issue(SESSION)
    assert session_keys.verify(token, "pycon") == session_keys.verify(token, "pycon") == SESSION
    with pytest.raises(NotSignedIn) as refused:
        session_keys.verify(token, "another")
    assert refused.value.reason == "SESSION_OF_ANOTHER_CONTEST"
    with pytest.raises(NotSignedIn) as over:
        session_keys.verify(token, "pycon")
    assert over.value.reason == "SESSION_EXPIRED"
