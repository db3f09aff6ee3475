"""Every bound of the contract, one beyond it, and the field that the refusal names."""

import pytest

from cygnet.dedup import requests
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.errors import InvalidRequest
from cygnet.v1 import contest_pb2, submission_pb2

from .environment import result


def admit_request() -> dedup_pb2.AdmitRequest:
    return dedup_pb2.AdmitRequest(
        contest="pycon-kr",
        participant_id="a" * 26,
        nickname="에이다",
        request_id="0123456789abcdef",
        target=contest_pb2.Target(name="duck", picture_sha256="0" * 64),
        prompt="노란 오리",
        model=document_pb2.Model(generator_source="builtin://x", steps=4, size=256, scorer_source="builtin://y"),
        policy=document_pb2.AdmissionPolicy(
            generation=3,
            every_ms=10_000,
            burst=3,
            pending=2,
            max_predicted_wait_ms=300_000,
            dedup_scope=document_pb2.DEDUP_SCOPE_CONTEST,
        ),
    )


def set_path(message: object, path: str, value: object) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    setattr(message, name, value)


def violated(error: InvalidRequest) -> list[str]:
    return [violation.field for violation in error.violations]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("contest", "a"),
        ("contest", "a" * 63),
        ("request_id", "A-z0" * 16),
        ("nickname", "n" * 24),
        ("prompt", "오" * 300),
        ("prompt", "👨\u200d👩\u200d👧"),
    ],
)
def test_bounds_are_inclusive(path: str, value: object) -> None:
    request = admit_request()
    set_path(request, path, value)
    requests.check_admission(request)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("contest", ""),
        ("contest", "a" * 64),
        ("contest", "-a"),
        ("contest", "Pycon"),
        ("contest", "a}b"),
        ("contest", "a\n"),
        ("participant_id", "a" * 25),
        ("participant_id", "A" * 26),
        ("nickname", ""),
        ("nickname", "n" * 257),
        ("request_id", "a" * 15),
        ("request_id", "a" * 65),
        ("request_id", "a" * 15 + "_"),
        ("target.name", ""),
        ("target.picture_sha256", "0" * 63),
        ("target.picture_sha256", "G" * 64),
        ("prompt", ""),
        ("prompt", "오" * 301),
        ("prompt", "a\nduck"),
        ("prompt", "a\x00duck"),
    ],
)
def test_beyond_a_bound_the_field_is_named(path: str, value: object) -> None:
    request = admit_request()
    set_path(request, path, value)
    with pytest.raises(InvalidRequest) as raised:
        requests.check_admission(request)
    assert violated(raised.value) == [path]


def test_all_violations_come_at_once() -> None:
    with pytest.raises(InvalidRequest) as raised:
        requests.check_admission(dedup_pb2.AdmitRequest())
    assert violated(raised.value) == [
        "contest", "participant_id", "nickname", "request_id", "target.name", "target.picture_sha256", "prompt"
    ]  # fmt: skip


def good_result() -> submission_pb2.Result:
    return result(score=50)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("picture_sha256", ""),
        ("score", -0.1),
        ("score", 100.1),
        ("score", float("nan")),
        ("score", float("inf")),
        ("cosine", -1.1),
        ("cosine", 1.1),
        ("cosine", float("nan")),
        ("generator_digest", ""),
        ("scorer_digest", "s" * 129),
        ("calibration_id", ""),
        ("what_score", -0.1),
        ("what_score", float("nan")),
        ("look_score", 100.1),
        ("heat", bytes(2)),
        ("heat", bytes(17 * 17)),
        ("negative_heat", bytes(4)),
    ],
)
def test_a_score_is_never_nonsense(field: str, value: object) -> None:
    message = good_result()
    set_path(message, field, value)
    with pytest.raises(InvalidRequest) as raised:
        requests.check_result(message.SerializeToString())
    assert violated(raised.value) == [f"result.{field}"]


def test_a_scorer_may_explain_its_score_or_not() -> None:
    requests.check_result(good_result().SerializeToString())
    explained = good_result()
    explained.what_score, explained.look_score, explained.heat = 0, 72.5, bytes(range(25))
    requests.check_result(explained.SerializeToString())
    explained.negative_heat = bytes(25)
    requests.check_result(explained.SerializeToString())


def test_a_result_says_when_it_was_completed() -> None:
    message = good_result()
    message.ClearField("completed_at")
    with pytest.raises(InvalidRequest) as raised:
        requests.check_result(message.SerializeToString())
    assert violated(raised.value) == ["result.completed_at"]


def test_a_result_is_one() -> None:
    with pytest.raises(InvalidRequest) as raised:
        requests.check_result(b"no message")
    assert violated(raised.value) == ["result"]


def test_a_cosine_may_be_one_by_rounding() -> None:
    message = good_result()
    message.cosine = 1.0000000000000002
    requests.check_result(message.SerializeToString())


@pytest.mark.parametrize("kind", [dedup_pb2.HeartbeatRequest, dedup_pb2.CompleteRequest, dedup_pb2.ReleaseRequest])
def test_leases(kind: type[dedup_pb2.HeartbeatRequest]) -> None:
    requests.check_lease(kind(contest="c", fingerprint="0" * 64, fence=3))
    with pytest.raises(InvalidRequest) as raised:
        requests.check_lease(kind())
    assert violated(raised.value) == ["contest", "fingerprint", "fence"]


def test_claims_lists_and_failures() -> None:
    requests.check_claim(dedup_pb2.ClaimRequest(wait_ms=30_000))
    with pytest.raises(InvalidRequest) as raised:
        requests.check_claim(dedup_pb2.ClaimRequest(contest="*", worker_id="w" * 129, wait_ms=30_001))
    assert violated(raised.value) == ["contest", "worker_id", "wait_ms"]

    with pytest.raises(InvalidRequest) as raised:
        requests.check_list(dedup_pb2.ListParticipantSubmissionsRequest(contest="c", participant_id="x", limit=0))
    assert violated(raised.value) == ["participant_id", "limit"]

    requests.check_submission_ids(dedup_pb2.GetSubmissionsRequest(contest="c", submission_ids=["a" * 26, "b" * 26]))
    with pytest.raises(InvalidRequest) as raised:
        requests.check_submission_ids(dedup_pb2.GetSubmissionsRequest(contest="c", submission_ids=["a" * 26] * 1_001))
    assert violated(raised.value) == ["submission_ids"]

    requests.check_failure(submission_pb2.Failure(reason="DRAWING_FAILED", message="no"))
    with pytest.raises(InvalidRequest) as raised:
        requests.check_failure(submission_pb2.Failure(reason="bad reason"))
    assert violated(raised.value) == ["failure.reason"]
