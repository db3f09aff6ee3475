"""The token that a call carries."""

from cygnet.platform.grpc.interceptors import AioContext


def bearer_token(context: AioContext) -> str | None:
    """Returns the token in "authorization: Bearer …"; None where there is none."""
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            scheme, _, token = text.partition(" ")
            if scheme.lower() == "bearer" and 0 < len(token) <= 1024:
                return token
    return None
