"""Who may call what: one table, and the interceptor that holds every call against it.

The public API is for everybody; its own tokens are sessions. Everything else is for workloads of the installation,
and the admin ports for organisers too, who hold the admin token.
"""

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from cygnet.platform.errors import NotAllowed, NotSignedIn
from cygnet.platform.grpc.interceptors import AioContext, WrappingInterceptor
from cygnet.platform.grpc.workloads import DEDUP, OPERATOR, ORGANISER, SUBMISSION, WORKER, InstallationKeys, Workload

PUBLIC = "/cygnet.v1."
"""How the methods of the public API begin."""
_ADMIN = "/cygnet.internal.v1.ContestAdminService"
_DEDUP = "/cygnet.internal.v1.DedupService"
CALLERS: Mapping[str, frozenset[str]] = {
    f"{_ADMIN}/ApplyContest": frozenset({ORGANISER, OPERATOR}),
    f"{_ADMIN}/GetContestDocument": frozenset({ORGANISER, OPERATOR}),
    "/cygnet.internal.v1.BoardAdminService/PairBoard": frozenset({ORGANISER}),
    "/cygnet.internal.v1.BoardAdminService/UnpairBoards": frozenset({ORGANISER}),
    "/cygnet.internal.v1.BoardAdminService/MakePass": frozenset({ORGANISER}),
    "/cygnet.internal.v1.ClientAdminService/ListClients": frozenset({ORGANISER}),
    "/cygnet.internal.v1.ClientAdminService/EndClient": frozenset({ORGANISER}),
    "/cygnet.internal.v1.ClientAdminService/AllowClient": frozenset({ORGANISER}),
    "/cygnet.internal.v1.SeedAdminService/RevealSeeds": frozenset({ORGANISER}),
    "/cygnet.internal.v1.TargetAdminService/ExamineTargets": frozenset({ORGANISER}),
    "/cygnet.internal.v1.RetentionAdminService/PreviewExpiry": frozenset({ORGANISER}),
    "/cygnet.internal.v1.ResultLogService/RecordResults": frozenset({DEDUP}),
    f"{_DEDUP}/AdmitMany": frozenset({SUBMISSION}),
    f"{_DEDUP}/GetSubmissions": frozenset({SUBMISSION}),
    f"{_DEDUP}/ListParticipantSubmissions": frozenset({SUBMISSION}),
    f"{_DEDUP}/WatchChanges": frozenset({SUBMISSION}),
    f"{_DEDUP}/GetSeeds": frozenset({SUBMISSION}),
    f"{_DEDUP}/RevealSecret": frozenset({SUBMISSION}),
    f"{_DEDUP}/GetVocabulary": frozenset({SUBMISSION}),
    f"{_DEDUP}/GetTargetReports": frozenset({SUBMISSION, OPERATOR}),
    f"{_DEDUP}/WithdrawClient": frozenset({SUBMISSION}),
    f"{_DEDUP}/GetStatistics": frozenset({OPERATOR, SUBMISSION}),
    f"{_DEDUP}/ListPictures": frozenset({SUBMISSION}),
    f"{_DEDUP}/ForgetContest": frozenset({SUBMISSION}),
    f"{_DEDUP}/Claim": frozenset({WORKER}),
    f"{_DEDUP}/Heartbeat": frozenset({WORKER}),
    f"{_DEDUP}/Complete": frozenset({WORKER}),
    f"{_DEDUP}/Release": frozenset({WORKER}),
    f"{_DEDUP}/RequestSeeds": frozenset({SUBMISSION}),
    f"{_DEDUP}/NextSeed": frozenset({WORKER}),
    f"{_DEDUP}/SettleSeed": frozenset({WORKER}),
    f"{_DEDUP}/PutVocabulary": frozenset({WORKER}),
    f"{_DEDUP}/NextTarget": frozenset({WORKER}),
    f"{_DEDUP}/PutTargetReport": frozenset({WORKER}),
}
"""Every internal method, and the workloads that may call it."""

_BOUND: ContextVar[str] = ContextVar("the contest that the caller of this call is bound to", default="")


class Callers:
    """Says who calls: by a workload token, or as an organiser by the admin token."""

    def __init__(self, keys: InstallationKeys, admin_token: str | None = None) -> None:
        """`admin_token` makes organisers; without one there are none.

        Raises:
            ValueError: it is too short.
        """
        if admin_token is not None and len(admin_token) < 32:
            raise ValueError("the admin token needs at least 32 characters")
        self._keys = keys
        self._admin_token = admin_token.encode() if admin_token else None

    def identify(self, metadata: Mapping[str, str | bytes]) -> Workload:
        """Returns who calls.

        Raises:
            NotSignedIn: nobody who is known here.
        """
        given = metadata.get("authorization", "")
        text = given.decode(errors="replace") if isinstance(given, bytes) else given
        token = text.removeprefix("Bearer ") if text.startswith("Bearer ") else ""
        if self._admin_token is not None and hmac.compare_digest(token.encode(), self._admin_token):
            return Workload(ORGANISER)
        try:
            return self._keys.verify(token)
        except NotSignedIn:
            if self._admin_token is None:
                raise
            raise NotSignedIn("this call needs the admin token", reason="ADMIN_TOKEN_NEEDED") from None


class CallerInterceptor(WrappingInterceptor):
    """Lets only those in who may call the method, and these only touch their own contest."""

    def __init__(self, methods: list[str], callers: Callers | None, *, admin: bool) -> None:
        """`admin`: the public API, too, is for organisers here.

        Raises:
            ValueError: it is not said who may call one of `methods`, or there is nothing to know callers by.
        """
        self._allowed = {name: allowed for name in methods if (allowed := _allowed(name, admin)) is not None}
        if self._allowed and callers is None:
            raise ValueError(f"{next(iter(self._allowed))} is not for everybody: its endpoint needs `callers`")
        self._callers = callers

    @asynccontextmanager
    async def around(self, method: str, kind: str, context: AioContext) -> AsyncIterator[None]:
        if (allowed := self._allowed.get(method)) is not None and self._callers is not None:
            caller = self._callers.identify(dict(context.invocation_metadata() or ()))
            if caller.name not in allowed:
                raise NotAllowed(f"{caller.subject} may not call {method}", reason="WORKLOAD_NOT_ALLOWED")
            _BOUND.set(caller.contest)
        yield


def check_contest(request: Any) -> None:
    """Refuses a request that reaches beyond its caller's contest.

    Raises:
        NotAllowed: it does.
    """
    bound = _BOUND.get()
    if bound and getattr(request, "contest", bound) != bound:
        raise NotAllowed(f"this caller may touch contest {bound} alone", reason="WORKLOAD_NOT_ALLOWED")


def _allowed(method: str, admin: bool) -> frozenset[str] | None:
    """Returns who may call a method; None: everybody."""
    if method.startswith(PUBLIC):
        return frozenset({ORGANISER}) if admin else None
    if method not in CALLERS:
        raise ValueError(f"say in {__name__} who may call {method}")
    return CALLERS[method]
