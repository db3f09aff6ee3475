"""What makes two submissions one drawing, and the seed and id that follow."""

import statistics

import pytest

from cygnet.dedup.admission import identity
from cygnet.dedup.admission.identity import seed, thousandth
from cygnet.internal.v1.dedup_pb2 import AdmitRequest
from cygnet.internal.v1.document_pb2 import DEDUP_SCOPE_PARTICIPANT

from .environment import admit_request

REQUEST = admit_request("A duck", contest="pycon", request_id="r" * 16)


def changed(base: AdmitRequest = REQUEST, **fields: object) -> AdmitRequest:
    """Returns a request with other fields, `model__steps` being the steps of its model."""
    request = AdmitRequest()
    request.CopyFrom(base)
    for path, value in fields.items():
        *parents, name = path.split("__")
        message: object = request
        for parent in parents:
            message = getattr(message, parent)
        setattr(message, name, value)
    return request


def fingerprint(request: AdmitRequest, canonical_prompt: str, secret: bytes = b"one") -> str:
    return identity.fingerprint(secret, request, request.model, canonical_prompt)


def test_who_asks_how_and_under_which_limits_makes_no_new_drawing() -> None:
    other = changed(participant_id="b" * 26, nickname="Bob", request_id="s" * 16, policy__generation=2)
    assert fingerprint(REQUEST, "a duck") == fingerprint(other, "a duck")
    assert len(fingerprint(REQUEST, "a duck")) == 64


@pytest.mark.parametrize(
    "other",
    [
        changed(contest="other"),
        changed(target__name="swan"),
        changed(target__picture_sha256="1" * 64),
        changed(model__steps=5),
        changed(model__size=512),
        changed(model__generator_source="hf://x"),
        changed(model__scorer_source="hf://x"),
        changed(policy__dedup_scope=DEDUP_SCOPE_PARTICIPANT),
    ],
)
def test_what_changes_the_picture_or_the_score_makes_a_new_drawing(other: AdmitRequest) -> None:
    assert fingerprint(other, "a duck") != fingerprint(REQUEST, "a duck")


def test_another_prompt_is_another_drawing_and_parts_do_not_run_together() -> None:
    assert fingerprint(REQUEST, "a duck") != fingerprint(REQUEST, "a swan")
    assert fingerprint(changed(contest="a", target__name="b-c"), "x") != fingerprint(
        changed(contest="a-b", target__name="c"), "x"
    )


def test_each_draws_for_themselves_where_the_contest_says_so() -> None:
    alone = changed(policy__dedup_scope=DEDUP_SCOPE_PARTICIPANT)
    assert fingerprint(alone, "a duck") != fingerprint(changed(alone, participant_id="b" * 26), "a duck")


def test_who_has_a_fingerprint_cannot_try_prompts_without_the_secret() -> None:
    assert fingerprint(REQUEST, "a duck", b"one") != fingerprint(REQUEST, "a duck", b"two")


def test_a_seed_follows_from_secret_target_and_counter() -> None:
    seeds = {
        seed(secret, target, number) for secret in (b"one", b"two") for target in ("aa", "bb") for number in (0, 1)
    }
    assert len(seeds) == 8
    assert seed(b"one", "aa") == seed(b"one", "aa", 0)
    # By hand: the first 8 bytes of HMAC-SHA256 with the key "one", without the lowest bit.
    assert seed(b"one", "aa") == int(HMAC_OF_AA[:16], 16) // 2
    assert all(0 <= each < 2**63 for each in seeds)


HMAC_OF_AA = "b5277dc9bfe54d8ddb92977337559cc2104d27f24c924e39d84430e4e40c100f"
"""printf '["seed","aa",0]' | openssl dgst -sha256 -binary | openssl dgst -sha256 -hmac one"""


def test_the_share_of_a_roll_out_follows_from_secret_and_drawing() -> None:
    places = [thousandth(secret, f"{number:064x}") for secret in (b"one", b"two") for number in range(500)]
    assert places[:500] != places[500:]
    assert set(places) <= set(range(1000))
    assert 400 < statistics.mean(places) < 600


def test_a_retry_finds_its_submission() -> None:
    one = identity.submission_id(REQUEST)
    # Whatever else is sent with it.
    assert one == identity.submission_id(changed(nickname="Grace", prompt="a swan", model__steps=5))
    assert len(one) == 26
    assert set(one) <= set("abcdefghijklmnopqrstuvwxyz234567")
    others = {
        identity.submission_id(changed(contest="other")),
        identity.submission_id(changed(participant_id="b" * 26)),
        identity.submission_id(changed(request_id="s" * 16)),
    }
    assert one not in others
    assert len(others) == 3
