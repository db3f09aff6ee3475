import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecordResultsRequest(_message.Message):
    __slots__ = ("contest", "results")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    contest: str
    results: _containers.RepeatedCompositeFieldContainer[DeliveredResult]
    def __init__(self, contest: _Optional[str] = ..., results: _Optional[_Iterable[_Union[DeliveredResult, _Mapping]]] = ...) -> None: ...

class RecordResultsResponse(_message.Message):
    __slots__ = ("appended",)
    APPENDED_FIELD_NUMBER: _ClassVar[int]
    appended: int
    def __init__(self, appended: _Optional[int] = ...) -> None: ...

class DeliveredResult(_message.Message):
    __slots__ = ("delivery_id", "participant_id", "nickname", "target", "delivered_at", "policy_generation", "result")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_AT_FIELD_NUMBER: _ClassVar[int]
    POLICY_GENERATION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    participant_id: str
    nickname: str
    target: str
    delivered_at: _timestamp_pb2.Timestamp
    policy_generation: int
    result: bytes
    def __init__(self, delivery_id: _Optional[str] = ..., participant_id: _Optional[str] = ..., nickname: _Optional[str] = ..., target: _Optional[str] = ..., delivered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., policy_generation: _Optional[int] = ..., result: _Optional[bytes] = ...) -> None: ...
