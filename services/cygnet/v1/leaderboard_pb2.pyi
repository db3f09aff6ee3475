import datetime

from cygnet.v1 import contest_pb2 as _contest_pb2
from cygnet.v1 import submission_pb2 as _submission_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetLeaderboardRequest(_message.Message):
    __slots__ = ("contest", "target", "limit")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    contest: str
    target: str
    limit: int
    def __init__(self, contest: _Optional[str] = ..., target: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class GetLeaderboardResponse(_message.Message):
    __slots__ = ("leaderboard",)
    LEADERBOARD_FIELD_NUMBER: _ClassVar[int]
    leaderboard: Leaderboard
    def __init__(self, leaderboard: _Optional[_Union[Leaderboard, _Mapping]] = ...) -> None: ...

class GetStandingRequest(_message.Message):
    __slots__ = ("contest", "target", "participant_id")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    contest: str
    target: str
    participant_id: str
    def __init__(self, contest: _Optional[str] = ..., target: _Optional[str] = ..., participant_id: _Optional[str] = ...) -> None: ...

class GetStandingResponse(_message.Message):
    __slots__ = ("standing", "find")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    FIND_FIELD_NUMBER: _ClassVar[int]
    standing: Standing
    find: Standing
    def __init__(self, standing: _Optional[_Union[Standing, _Mapping]] = ..., find: _Optional[_Union[Standing, _Mapping]] = ...) -> None: ...

class WatchLeaderboardRequest(_message.Message):
    __slots__ = ("contest", "target", "limit", "after_revision")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    contest: str
    target: str
    limit: int
    after_revision: int
    def __init__(self, contest: _Optional[str] = ..., target: _Optional[str] = ..., limit: _Optional[int] = ..., after_revision: _Optional[int] = ...) -> None: ...

class WatchLeaderboardResponse(_message.Message):
    __slots__ = ("leaderboard", "heartbeat", "goodbye")
    LEADERBOARD_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    GOODBYE_FIELD_NUMBER: _ClassVar[int]
    leaderboard: Leaderboard
    heartbeat: _submission_pb2.Heartbeat
    goodbye: _submission_pb2.Goodbye
    def __init__(self, leaderboard: _Optional[_Union[Leaderboard, _Mapping]] = ..., heartbeat: _Optional[_Union[_submission_pb2.Heartbeat, _Mapping]] = ..., goodbye: _Optional[_Union[_submission_pb2.Goodbye, _Mapping]] = ...) -> None: ...

class Leaderboard(_message.Message):
    __slots__ = ("revision", "target", "standings", "participants", "frozen_at", "phase", "next_change")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    STANDINGS_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    FROZEN_AT_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    NEXT_CHANGE_FIELD_NUMBER: _ClassVar[int]
    revision: int
    target: str
    standings: _containers.RepeatedCompositeFieldContainer[Standing]
    participants: int
    frozen_at: _timestamp_pb2.Timestamp
    phase: _contest_pb2.ContestPhase
    next_change: _timestamp_pb2.Timestamp
    def __init__(self, revision: _Optional[int] = ..., target: _Optional[str] = ..., standings: _Optional[_Iterable[_Union[Standing, _Mapping]]] = ..., participants: _Optional[int] = ..., frozen_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., phase: _Optional[_Union[_contest_pb2.ContestPhase, str]] = ..., next_change: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Standing(_message.Message):
    __slots__ = ("rank", "participant_id", "nickname", "score", "picture_sha256", "achieved_at", "decimals", "found_after", "finder")
    RANK_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_SHA256_FIELD_NUMBER: _ClassVar[int]
    ACHIEVED_AT_FIELD_NUMBER: _ClassVar[int]
    DECIMALS_FIELD_NUMBER: _ClassVar[int]
    FOUND_AFTER_FIELD_NUMBER: _ClassVar[int]
    FINDER_FIELD_NUMBER: _ClassVar[int]
    rank: int
    participant_id: str
    nickname: str
    score: float
    picture_sha256: str
    achieved_at: _timestamp_pb2.Timestamp
    decimals: int
    found_after: int
    finder: Finder
    def __init__(self, rank: _Optional[int] = ..., participant_id: _Optional[str] = ..., nickname: _Optional[str] = ..., score: _Optional[float] = ..., picture_sha256: _Optional[str] = ..., achieved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decimals: _Optional[int] = ..., found_after: _Optional[int] = ..., finder: _Optional[_Union[Finder, _Mapping]] = ...) -> None: ...

class Finder(_message.Message):
    __slots__ = ("participant_id", "nickname")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    nickname: str
    def __init__(self, participant_id: _Optional[str] = ..., nickname: _Optional[str] = ...) -> None: ...
