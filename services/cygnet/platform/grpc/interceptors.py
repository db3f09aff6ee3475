"""How an interceptor wraps a handler, once for unary and streaming calls.

grpc.aio hands an interceptor the handler, not the call: to act around a call one must rebuild the handler for
its kind. Only Cygnet's own methods are wrapped; health and reflection pass untouched.
"""

import abc
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import DecodeError

from cygnet.platform.errors import FieldViolation, InvalidRequest

if TYPE_CHECKING:
    # Generic in the type stubs alone.
    AioContext = grpc.aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
else:
    AioContext = grpc.aio.ServicerContext
    Handler = grpc.RpcMethodHandler


class WrappingInterceptor(grpc.aio.ServerInterceptor, abc.ABC):
    """An interceptor that is an async context manager around each call."""

    @abc.abstractmethod
    def around(self, method: str, kind: str, context: AioContext) -> AbstractAsyncContextManager[None]:
        """Returns what surrounds one call.

        `method` is the full name ("/cygnet.v1.SubmissionService/Submit"), `kind` "unary" or "server_stream".
        """

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith("/cygnet."):
            return handler
        if handler.unary_unary is None and not inspect.isasyncgenfunction(handler.unary_stream):
            raise TypeError(f"{method}: only unary calls and async-generator server streams can be wrapped")
        wrapped = self._unary(method, handler.unary_unary) if handler.unary_unary else None
        return _rebuilt(handler, wrapped or self._stream(method, handler.unary_stream), handler.request_deserializer)

    def _unary(self, method: str, behaviour: Any) -> Any:
        async def call(request: Any, context: AioContext) -> Any:
            async with self.around(method, "unary", context):
                return await behaviour(request, context)

        return call

    def _stream(self, method: str, behaviour: Any) -> Any:
        async def call(request: Any, context: AioContext) -> AsyncIterator[Any]:
            async with self.around(method, "server_stream", context):
                async for response in behaviour(request, context):
                    yield response

        return call


class DecodingInterceptor(grpc.aio.ServerInterceptor):
    """Reads requests inside the other interceptors: bytes that are no message are the caller's mistake, and counted.

    gRPC itself would answer UNKNOWN before any interceptor sees the call, and log a traceback. The innermost one.
    """

    def __init__(self, check: Callable[[Any], None]) -> None:
        """`check` raises for a request that the caller may not make."""
        self._check = check

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith("/cygnet."):
            return handler
        decode = _decoded(handler.request_deserializer, self._check)
        unary: Any = handler.unary_unary
        stream: Any = handler.unary_stream

        async def call(request: bytes, context: AioContext) -> Any:
            return await unary(decode(request), context)

        async def streaming(request: bytes, context: AioContext) -> AsyncIterator[Any]:
            async for response in stream(decode(request), context):
                yield response

        return _rebuilt(handler, streaming if unary is None else call, None)


def _rebuilt(handler: Handler, behaviour: Any, deserialize: Any) -> Handler:
    """Returns a handler of the same kind that does something else."""
    kind = grpc.unary_stream_rpc_method_handler if handler.unary_unary is None else grpc.unary_unary_rpc_method_handler
    return kind(behaviour, request_deserializer=deserialize, response_serializer=handler.response_serializer)


def _decoded(deserialize: Any, check: Callable[[Any], None]) -> Callable[[bytes], Any]:
    def decode(request: bytes) -> Any:
        try:
            message = deserialize(request)
        except DecodeError:
            raise InvalidRequest(FieldViolation("request", "is no message of this method")) from None
        check(message)
        return message

    return decode
