import datetime

from cygnet.internal.v1 import document_pb2 as _document_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PreviewExpiryRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class PreviewExpiryResponse(_message.Message):
    __slots__ = ("contest", "expires", "submissions", "participants", "pictures")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    SUBMISSIONS_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    PICTURES_FIELD_NUMBER: _ClassVar[int]
    contest: str
    expires: _timestamp_pb2.Timestamp
    submissions: int
    participants: int
    pictures: int
    def __init__(self, contest: _Optional[str] = ..., expires: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., submissions: _Optional[int] = ..., participants: _Optional[int] = ..., pictures: _Optional[int] = ...) -> None: ...

class ListClientsRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class ListClientsResponse(_message.Message):
    __slots__ = ("contest", "clients", "more")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    clients: _containers.RepeatedCompositeFieldContainer[Client]
    more: int
    def __init__(self, contest: _Optional[str] = ..., clients: _Optional[_Iterable[_Union[Client, _Mapping]]] = ..., more: _Optional[int] = ...) -> None: ...

class Client(_message.Message):
    __slots__ = ("id", "joins", "joins_last_minute", "submits", "submits_last_minute", "sessions", "present", "ended_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    JOINS_FIELD_NUMBER: _ClassVar[int]
    JOINS_LAST_MINUTE_FIELD_NUMBER: _ClassVar[int]
    SUBMITS_FIELD_NUMBER: _ClassVar[int]
    SUBMITS_LAST_MINUTE_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    joins: int
    joins_last_minute: int
    submits: int
    submits_last_minute: int
    sessions: int
    present: int
    ended_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., joins: _Optional[int] = ..., joins_last_minute: _Optional[int] = ..., submits: _Optional[int] = ..., submits_last_minute: _Optional[int] = ..., sessions: _Optional[int] = ..., present: _Optional[int] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EndClientRequest(_message.Message):
    __slots__ = ("contest", "client", "dry_run")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    contest: str
    client: str
    dry_run: bool
    def __init__(self, contest: _Optional[str] = ..., client: _Optional[str] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class EndClientResponse(_message.Message):
    __slots__ = ("client", "drawings")
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    DRAWINGS_FIELD_NUMBER: _ClassVar[int]
    client: Client
    drawings: int
    def __init__(self, client: _Optional[_Union[Client, _Mapping]] = ..., drawings: _Optional[int] = ...) -> None: ...

class AllowClientRequest(_message.Message):
    __slots__ = ("contest", "client")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    contest: str
    client: str
    def __init__(self, contest: _Optional[str] = ..., client: _Optional[str] = ...) -> None: ...

class AllowClientResponse(_message.Message):
    __slots__ = ("changed",)
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    changed: bool
    def __init__(self, changed: _Optional[bool] = ...) -> None: ...

class PairBoardRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class PairBoardResponse(_message.Message):
    __slots__ = ("contest", "pairing_code")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    PAIRING_CODE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    pairing_code: str
    def __init__(self, contest: _Optional[str] = ..., pairing_code: _Optional[str] = ...) -> None: ...

class UnpairBoardsRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class UnpairBoardsResponse(_message.Message):
    __slots__ = ("screens",)
    SCREENS_FIELD_NUMBER: _ClassVar[int]
    screens: int
    def __init__(self, screens: _Optional[int] = ...) -> None: ...

class MakePassRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class MakePassResponse(_message.Message):
    __slots__ = ("contest", "code")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    code: str
    def __init__(self, contest: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class RevealSeedsRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class RevealSeedsResponse(_message.Message):
    __slots__ = ("secret", "commitment", "counters")
    class CountersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    SECRET_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    secret: bytes
    commitment: str
    counters: _containers.ScalarMap[str, int]
    def __init__(self, secret: _Optional[bytes] = ..., commitment: _Optional[str] = ..., counters: _Optional[_Mapping[str, int]] = ...) -> None: ...

class ApplyContestRequest(_message.Message):
    __slots__ = ("document", "target_pictures", "dry_run")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    TARGET_PICTURES_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    document: _document_pb2.ContestDocument
    target_pictures: _containers.RepeatedScalarFieldContainer[bytes]
    dry_run: bool
    def __init__(self, document: _Optional[_Union[_document_pb2.ContestDocument, _Mapping]] = ..., target_pictures: _Optional[_Iterable[bytes]] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class ApplyContestResponse(_message.Message):
    __slots__ = ("generation", "changed")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    generation: int
    changed: bool
    def __init__(self, generation: _Optional[int] = ..., changed: _Optional[bool] = ...) -> None: ...

class GetContestDocumentRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class GetContestDocumentResponse(_message.Message):
    __slots__ = ("document",)
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    document: _document_pb2.ContestDocument
    def __init__(self, document: _Optional[_Union[_document_pb2.ContestDocument, _Mapping]] = ...) -> None: ...

class ExamineTargetsRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class ExamineTargetsResponse(_message.Message):
    __slots__ = ("reports",)
    class ReportsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _document_pb2.TargetReport
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_document_pb2.TargetReport, _Mapping]] = ...) -> None: ...
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.MessageMap[str, _document_pb2.TargetReport]
    def __init__(self, reports: _Optional[_Mapping[str, _document_pb2.TargetReport]] = ...) -> None: ...
