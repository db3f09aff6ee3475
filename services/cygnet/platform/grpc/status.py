"""Domain errors as google.rpc.Status, and back: the one place where the two meet.

Every error carries ErrorInfo (reason, domain "cygnet.dev"); a violation adds BadRequest; what may work later (refused,
unavailable) adds RetryInfo.
"""

import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from cygnet.platform import errors
from cygnet.platform.grpc.interceptors import AioContext, WrappingInterceptor

DOMAIN = "cygnet.dev"
_DETAILS_KEY = "grpc-status-details-bin"
"""Where gRPC carries google.rpc.Status. The helper of grpcio-status reads it from synchronous calls alone."""
log = logging.getLogger(__name__)

_CODES: tuple[tuple[type[errors.DomainError], int], ...] = (
    (errors.InvalidRequest, code_pb2.INVALID_ARGUMENT),
    (errors.NotFound, code_pb2.NOT_FOUND),
    (errors.NotSignedIn, code_pb2.UNAUTHENTICATED),
    (errors.NotAllowed, code_pb2.PERMISSION_DENIED),
    (errors.Conflict, code_pb2.FAILED_PRECONDITION),
    (errors.LeaseLost, code_pb2.ABORTED),
    (errors.Unavailable, code_pb2.UNAVAILABLE),
    (errors.Refused, code_pb2.RESOURCE_EXHAUSTED),
)


def to_status(error: errors.DomainError) -> status_pb2.Status:
    """Returns the status that says `error`; a type without a code of its own is UNKNOWN."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), code_pb2.UNKNOWN)
    status = status_pb2.Status(code=code, message=error.message)
    status.details.append(_packed(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)))
    if isinstance(error, errors.InvalidRequest):
        bad = error_details_pb2.BadRequest()
        for violation in error.violations:
            bad.field_violations.add(field=violation.field, description=violation.description)
        status.details.append(_packed(bad))
    if isinstance(error, errors.Refused | errors.Unavailable):
        delay = Duration()
        delay.FromMilliseconds(round(error.retry_after_s * 1000))
        status.details.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
    return status


def from_rpc_error(error: grpc.aio.AioRpcError) -> errors.DomainError:
    """Returns the domain error behind a failed call, so that it can be raised on to the own caller.

    What is no domain error (a deadline, a broken connection) comes back as `Unavailable`.
    """
    packed = next((v for k, v in error.trailing_metadata() if k == _DETAILS_KEY), None)
    if not isinstance(packed, bytes):
        return errors.Unavailable(f"{error.code().name}: {error.details()}")
    return from_status(status_pb2.Status.FromString(packed))


def from_status(status: status_pb2.Status) -> errors.DomainError:
    """Returns the domain error that a status says: the reverse of `to_status`."""
    reason, retry_after_s = "UNKNOWN", 1.0
    violations: list[errors.FieldViolation] = []
    for detail in status.details:
        info, retry, bad = (
            error_details_pb2.ErrorInfo(),
            error_details_pb2.RetryInfo(),
            error_details_pb2.BadRequest(),
        )
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(retry):
            retry_after_s = retry.retry_delay.ToMilliseconds() / 1000
        elif detail.Unpack(bad):
            violations = [errors.FieldViolation(v.field, v.description) for v in bad.field_violations]
    kind = next((kind for kind, code in _CODES if code == status.code), errors.DomainError)
    if kind is errors.InvalidRequest:
        return errors.InvalidRequest(*violations, reason=reason)
    if kind is errors.Refused or kind is errors.Unavailable:
        return kind(status.message, reason=reason, retry_after_s=retry_after_s)
    return kind(status.message, reason=reason)


class ErrorInterceptor(WrappingInterceptor):
    """Ends a failed call with the status of its domain error; anything else is INTERNAL and is logged with an id."""

    @asynccontextmanager
    async def around(self, method: str, kind: str, context: AioContext) -> AsyncIterator[None]:
        try:
            yield
        except errors.DomainError as error:
            await context.abort_with_status(rpc_status.to_status(to_status(error)))
        except grpc.aio.AbortError:
            raise
        except Exception:
            incident = uuid.uuid4().hex[:12]
            log.exception("unexpected error in %s", method, extra={"incident": incident})
            await context.abort(grpc.StatusCode.INTERNAL, f"internal error; the log has it under {incident}")


def _packed(
    message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest | error_details_pb2.RetryInfo,
) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
