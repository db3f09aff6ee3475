import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContestPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTEST_PHASE_UNSPECIFIED: _ClassVar[ContestPhase]
    CONTEST_PHASE_CLOSED: _ClassVar[ContestPhase]
    CONTEST_PHASE_OPEN: _ClassVar[ContestPhase]
    CONTEST_PHASE_FROZEN: _ClassVar[ContestPhase]
    CONTEST_PHASE_PAUSED: _ClassVar[ContestPhase]
    CONTEST_PHASE_FINISHED: _ClassVar[ContestPhase]

class PresenceMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRESENCE_MODE_UNSPECIFIED: _ClassVar[PresenceMode]
    PRESENCE_MODE_OFF: _ClassVar[PresenceMode]
    PRESENCE_MODE_PREFER: _ClassVar[PresenceMode]
    PRESENCE_MODE_REQUIRE: _ClassVar[PresenceMode]
CONTEST_PHASE_UNSPECIFIED: ContestPhase
CONTEST_PHASE_CLOSED: ContestPhase
CONTEST_PHASE_OPEN: ContestPhase
CONTEST_PHASE_FROZEN: ContestPhase
CONTEST_PHASE_PAUSED: ContestPhase
CONTEST_PHASE_FINISHED: ContestPhase
PRESENCE_MODE_UNSPECIFIED: PresenceMode
PRESENCE_MODE_OFF: PresenceMode
PRESENCE_MODE_PREFER: PresenceMode
PRESENCE_MODE_REQUIRE: PresenceMode

class GetContestRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class GetContestResponse(_message.Message):
    __slots__ = ("contest", "phase", "next_change", "now", "frozen_from", "frozen_until", "opened_before", "examples", "seed_commitment", "seed_counters", "revealed_secret", "codes_shown")
    class SeedCountersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    NEXT_CHANGE_FIELD_NUMBER: _ClassVar[int]
    NOW_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FROM_FIELD_NUMBER: _ClassVar[int]
    FROZEN_UNTIL_FIELD_NUMBER: _ClassVar[int]
    OPENED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    SEED_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    SEED_COUNTERS_FIELD_NUMBER: _ClassVar[int]
    REVEALED_SECRET_FIELD_NUMBER: _ClassVar[int]
    CODES_SHOWN_FIELD_NUMBER: _ClassVar[int]
    contest: Contest
    phase: ContestPhase
    next_change: _timestamp_pb2.Timestamp
    now: _timestamp_pb2.Timestamp
    frozen_from: _timestamp_pb2.Timestamp
    frozen_until: _timestamp_pb2.Timestamp
    opened_before: bool
    examples: _containers.RepeatedCompositeFieldContainer[Example]
    seed_commitment: str
    seed_counters: _containers.ScalarMap[str, int]
    revealed_secret: bytes
    codes_shown: bool
    def __init__(self, contest: _Optional[_Union[Contest, _Mapping]] = ..., phase: _Optional[_Union[ContestPhase, str]] = ..., next_change: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., now: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., frozen_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., frozen_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., opened_before: _Optional[bool] = ..., examples: _Optional[_Iterable[_Union[Example, _Mapping]]] = ..., seed_commitment: _Optional[str] = ..., seed_counters: _Optional[_Mapping[str, int]] = ..., revealed_secret: _Optional[bytes] = ..., codes_shown: _Optional[bool] = ...) -> None: ...

class Example(_message.Message):
    __slots__ = ("prompt",)
    class PromptEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    prompt: _containers.ScalarMap[str, str]
    def __init__(self, prompt: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Contest(_message.Message):
    __slots__ = ("name", "generation", "title", "targets", "decimals", "max_prompt_chars", "windows", "paused", "freeze_before_ms", "presence")
    class TitleEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    DECIMALS_FIELD_NUMBER: _ClassVar[int]
    MAX_PROMPT_CHARS_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    FREEZE_BEFORE_MS_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    generation: int
    title: _containers.ScalarMap[str, str]
    targets: _containers.RepeatedCompositeFieldContainer[Target]
    decimals: int
    max_prompt_chars: int
    windows: _containers.RepeatedCompositeFieldContainer[Window]
    paused: bool
    freeze_before_ms: int
    presence: PresenceMode
    def __init__(self, name: _Optional[str] = ..., generation: _Optional[int] = ..., title: _Optional[_Mapping[str, str]] = ..., targets: _Optional[_Iterable[_Union[Target, _Mapping]]] = ..., decimals: _Optional[int] = ..., max_prompt_chars: _Optional[int] = ..., windows: _Optional[_Iterable[_Union[Window, _Mapping]]] = ..., paused: _Optional[bool] = ..., freeze_before_ms: _Optional[int] = ..., presence: _Optional[_Union[PresenceMode, str]] = ...) -> None: ...

class Window(_message.Message):
    __slots__ = ("opens", "closes")
    OPENS_FIELD_NUMBER: _ClassVar[int]
    CLOSES_FIELD_NUMBER: _ClassVar[int]
    opens: _timestamp_pb2.Timestamp
    closes: _timestamp_pb2.Timestamp
    def __init__(self, opens: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., closes: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Target(_message.Message):
    __slots__ = ("name", "picture_sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PICTURE_SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    picture_sha256: str
    def __init__(self, name: _Optional[str] = ..., picture_sha256: _Optional[str] = ...) -> None: ...
