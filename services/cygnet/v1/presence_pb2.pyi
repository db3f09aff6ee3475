from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ExchangeCodeRequest(_message.Message):
    __slots__ = ("contest", "code", "device")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    code: str
    device: str
    def __init__(self, contest: _Optional[str] = ..., code: _Optional[str] = ..., device: _Optional[str] = ...) -> None: ...

class ExchangeCodeResponse(_message.Message):
    __slots__ = ("ticket", "holds_ms")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    HOLDS_MS_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    holds_ms: int
    def __init__(self, ticket: _Optional[str] = ..., holds_ms: _Optional[int] = ...) -> None: ...

class PairScreenRequest(_message.Message):
    __slots__ = ("contest", "pairing_code")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    PAIRING_CODE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    pairing_code: str
    def __init__(self, contest: _Optional[str] = ..., pairing_code: _Optional[str] = ...) -> None: ...

class PairScreenResponse(_message.Message):
    __slots__ = ("screen_token",)
    SCREEN_TOKEN_FIELD_NUMBER: _ClassVar[int]
    screen_token: str
    def __init__(self, screen_token: _Optional[str] = ...) -> None: ...

class WatchCodesRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class WatchCodesResponse(_message.Message):
    __slots__ = ("code", "next_in_ms")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NEXT_IN_MS_FIELD_NUMBER: _ClassVar[int]
    code: str
    next_in_ms: int
    def __init__(self, code: _Optional[str] = ..., next_in_ms: _Optional[int] = ...) -> None: ...
