"""Who may call what: every internal method of every service, and what a token is worth."""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import jwt
import pytest
from google.protobuf.descriptor import MethodDescriptor

import cygnet.internal.v1
from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc
from cygnet.platform import errors
from cygnet.platform.grpc.callers import CALLERS, Callers
from cygnet.platform.grpc.client import channel
from cygnet.platform.grpc.server import Endpoint, serving
from cygnet.platform.grpc.workloads import (
    DEDUP,
    LIFETIME_S,
    OPERATOR,
    ORGANISER,
    RENEW_S,
    SUBMISSION,
    WORKER,
    InstallationKeys,
    Workload,
    WorkloadTokens,
)

from ..workloads import ADMIN_TOKEN, INSTALLATION, KEYS, bearer, callers

NAMES = [ORGANISER, OPERATOR, SUBMISSION, DEDUP, WORKER]
UNAUTHENTICATED, PERMISSION_DENIED = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED


def internal_services() -> Iterator[tuple[Any, Any]]:
    """The descriptor of every service that is not public, and a servicer that answers nothing."""
    for found in pkgutil.iter_modules(cygnet.internal.v1.__path__):
        if found.name.endswith("_pb2"):
            messages = importlib.import_module(f"cygnet.internal.v1.{found.name}")
            for name, service in messages.DESCRIPTOR.services_by_name.items():
                generated = importlib.import_module(f"cygnet.internal.v1.{found.name}_grpc")
                yield service, getattr(generated, f"{name}Servicer")


def methods() -> list[MethodDescriptor]:
    return [method for service, _ in internal_services() for method in service.methods]


def path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def test_the_table_has_every_internal_method_and_no_other() -> None:
    assert {path(method) for method in methods()} == CALLERS.keys()
    assert set().union(*CALLERS.values()) == set(NAMES)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """All internal services on one port. A call that is let in is not implemented."""

    def answering(servicer: Any, method: MethodDescriptor) -> Any:
        async def unary(self: Any, request: Any, context: Any) -> Any:
            raise errors.NotFound("let in", reason="LET_IN")

        async def stream(self: Any, request: Any, context: Any) -> AsyncIterator[Any]:
            raise errors.NotFound("let in", reason="LET_IN")
            yield

        return stream if method.server_streaming else unary

    servicers = []
    for service, base in internal_services():
        answers = {method.name: answering(base, method) for method in service.methods}
        servicers.append(type(base.__name__, (base,), answers)())
    async with serving([Endpoint("127.0.0.1:0", servicers, callers(ADMIN_TOKEN))], grace_s=0) as [port]:
        yield f"127.0.0.1:{port}"


async def outcome(connection: Any, method: MethodDescriptor, metadata: Any) -> grpc.StatusCode:
    try:
        if method.server_streaming:
            async for _ in connection.unary_stream(path(method))(b"", metadata=metadata):
                pass
        else:
            await connection.unary_unary(path(method))(b"", metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("method", methods(), ids=path)
async def test_only_its_callers_reach_an_internal_method(address: str, method: MethodDescriptor) -> None:
    other = InstallationKeys("k1:" + "o" * 32).tokens_of(Workload(sorted(CALLERS[path(method)])[0]))()
    async with grpc.aio.insecure_channel(address) as connection:
        for nobody in (None, (("authorization", "Bearer x"),), (("authorization", f"Bearer {other}"),)):
            assert await outcome(connection, method, nobody) is UNAUTHENTICATED
        for name in NAMES:
            known = (("authorization", f"Bearer {ADMIN_TOKEN}"),) if name == ORGANISER else bearer(Workload(name))
            let_in = await outcome(connection, method, known) is grpc.StatusCode.NOT_FOUND
            assert let_in == (name in CALLERS[path(method)]), name


def test_a_method_of_which_nobody_says_who_may_call_it_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    from cygnet.platform.grpc.callers import CallerInterceptor

    with pytest.raises(ValueError, match="say in .* who may call /cygnet.internal.v1.New/Method"):
        CallerInterceptor(["/cygnet.internal.v1.New/Method"], callers(), admin=False)
    with pytest.raises(ValueError, match="its endpoint needs `callers`"):
        CallerInterceptor([next(iter(CALLERS))], None, admin=False)
    with pytest.raises(ValueError, match="at least 32"):
        Callers(INSTALLATION, "short")


@pytest.mark.parametrize("contest", ["", "other", "Pycon"])
async def test_a_worker_of_one_contest_has_no_power_over_another(address: str, contest: str) -> None:
    token = INSTALLATION.tokens_of(Workload(WORKER, "pycon"))
    async with channel(address, token=token) as connection:
        stub: Any = dedup_pb2_grpc.DedupServiceStub(connection)
        with pytest.raises(errors.NotFound):
            await stub.Claim(dedup_pb2.ClaimRequest(contest="pycon"))
        for call, request in (
            (stub.Claim, dedup_pb2.ClaimRequest(contest=contest)),
            (stub.Heartbeat, dedup_pb2.HeartbeatRequest(contest=contest)),
            (stub.Complete, dedup_pb2.CompleteRequest(contest=contest)),
            (stub.Release, dedup_pb2.ReleaseRequest(contest=contest)),
            (stub.SettleSeed, dedup_pb2.SettleSeedRequest(contest=contest)),
        ):
            # To whoever called the service that calls, it is away: its session is as good as before.
            with pytest.raises(errors.Unavailable) as raised:
                await call(request)
            assert raised.value.reason == "WORKLOAD_NOT_ALLOWED"


class Time:
    """A clock that the test turns."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_token_is_used_for_a_while_and_holds_for_longer_than_clocks_differ() -> None:
    here, there = Time(), Time()
    tokens = WorkloadTokens(lambda: INSTALLATION.key_of(Workload(DEDUP)), here)
    keys = InstallationKeys(KEYS, there)
    first = tokens()
    for turn in (RENEW_S - 1, RENEW_S - 1 + 3600, RENEW_S - 1 - 3600):
        there.now = Time.now + turn
        assert keys.verify(first) == Workload(DEDUP)
    here.now += RENEW_S - 1
    assert tokens() == first
    here.now += 1
    assert tokens() != first
    there.now = Time.now + LIFETIME_S + 1
    with pytest.raises(errors.NotSignedIn):
        keys.verify(first)
    second = tokens()
    here.now -= 3600
    assert tokens() != second, "of a clock that was put back, the old token would be used until it is right again"


def test_keys_are_rotated_in_three_steps_and_old_tokens_hold_in_each() -> None:
    old, new = "k1:" + "o" * 32, "k2:" + "n" * 32
    steps = [InstallationKeys(text) for text in (old, f"{old},{new}", f"{new},{old}", new)]
    for before, after in zip(steps, steps[1:], strict=False):
        for signing, verifying in ((before, after), (after, before)):
            assert verifying.verify(signing.tokens_of(Workload(OPERATOR))()) == Workload(OPERATOR)
    with pytest.raises(errors.NotSignedIn):
        steps[3].verify(steps[0].tokens_of(Workload(OPERATOR))())


def test_a_workers_key_signs_for_its_contest_alone() -> None:
    kid, _, secret = INSTALLATION.key_of(Workload(WORKER, "pycon")).partition(":")
    assert "i" * 32 not in secret
    claims = {"exp": 4_000_000_000}
    assert INSTALLATION.verify(jwt.encode(claims, secret, headers={"kid": kid})) == Workload(WORKER, "pycon")
    for forged in ("k1/worker/other", "k1/worker", "k1/dedup", "k1/", "k1", "k2/worker/pycon", ""):
        with pytest.raises(errors.NotSignedIn):
            INSTALLATION.verify(jwt.encode(claims, secret, headers={"kid": forged}))
    for token in (
        jwt.encode(claims, "", algorithm="none", headers={"kid": kid}),
        jwt.encode({}, secret, headers={"kid": kid}),
    ):
        with pytest.raises(errors.NotSignedIn):
            INSTALLATION.verify(token)


async def test_a_key_that_was_changed_in_its_file_signs_the_next_token(tmp_path: Any) -> None:
    file, clock = tmp_path / "key", Time()
    file.write_text(INSTALLATION.key_of(Workload(WORKER, "one")))
    tokens = WorkloadTokens(file.read_text, clock)
    keys = InstallationKeys(KEYS, clock)
    assert keys.verify(tokens()).contest == "one"
    file.write_text(INSTALLATION.key_of(Workload(WORKER, "two")) + "\n")
    clock.now += RENEW_S
    assert keys.verify(tokens()).contest == "two"


@pytest.mark.parametrize("keys", ["", "k1", "k1:short", "k1:" + "s" * 32 + ",k 2:" + "s" * 32])
def test_keys_that_are_none_are_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="signing keys"):
        InstallationKeys(keys)
