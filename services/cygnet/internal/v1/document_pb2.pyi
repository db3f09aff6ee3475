from cygnet.v1 import contest_pb2 as _contest_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DedupScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEDUP_SCOPE_UNSPECIFIED: _ClassVar[DedupScope]
    DEDUP_SCOPE_CONTEST: _ClassVar[DedupScope]
    DEDUP_SCOPE_PARTICIPANT: _ClassVar[DedupScope]

class OutagePolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTAGE_POLICY_UNSPECIFIED: _ClassVar[OutagePolicy]
    OUTAGE_POLICY_ALTCHA: _ClassVar[OutagePolicy]
    OUTAGE_POLICY_ALLOW: _ClassVar[OutagePolicy]
    OUTAGE_POLICY_REFUSE: _ClassVar[OutagePolicy]

class CaptchaMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPTCHA_MODE_UNSPECIFIED: _ClassVar[CaptchaMode]
    CAPTCHA_MODE_OFF: _ClassVar[CaptchaMode]
    CAPTCHA_MODE_AUTO: _ClassVar[CaptchaMode]
    CAPTCHA_MODE_ALWAYS: _ClassVar[CaptchaMode]
DEDUP_SCOPE_UNSPECIFIED: DedupScope
DEDUP_SCOPE_CONTEST: DedupScope
DEDUP_SCOPE_PARTICIPANT: DedupScope
OUTAGE_POLICY_UNSPECIFIED: OutagePolicy
OUTAGE_POLICY_ALTCHA: OutagePolicy
OUTAGE_POLICY_ALLOW: OutagePolicy
OUTAGE_POLICY_REFUSE: OutagePolicy
CAPTCHA_MODE_UNSPECIFIED: CaptchaMode
CAPTCHA_MODE_OFF: CaptchaMode
CAPTCHA_MODE_AUTO: CaptchaMode
CAPTCHA_MODE_ALWAYS: CaptchaMode

class Model(_message.Message):
    __slots__ = ("generator_source", "steps", "size", "scorer_source")
    GENERATOR_SOURCE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SCORER_SOURCE_FIELD_NUMBER: _ClassVar[int]
    generator_source: str
    steps: int
    size: int
    scorer_source: str
    def __init__(self, generator_source: _Optional[str] = ..., steps: _Optional[int] = ..., size: _Optional[int] = ..., scorer_source: _Optional[str] = ...) -> None: ...

class AdmissionPolicy(_message.Message):
    __slots__ = ("generation", "every_ms", "burst", "pending", "max_predicted_wait_ms", "dedup_scope")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    EVERY_MS_FIELD_NUMBER: _ClassVar[int]
    BURST_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    MAX_PREDICTED_WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    DEDUP_SCOPE_FIELD_NUMBER: _ClassVar[int]
    generation: int
    every_ms: int
    burst: int
    pending: int
    max_predicted_wait_ms: int
    dedup_scope: DedupScope
    def __init__(self, generation: _Optional[int] = ..., every_ms: _Optional[int] = ..., burst: _Optional[int] = ..., pending: _Optional[int] = ..., max_predicted_wait_ms: _Optional[int] = ..., dedup_scope: _Optional[_Union[DedupScope, str]] = ...) -> None: ...

class EntryPolicy(_message.Message):
    __slots__ = ("presence_per_turn", "captcha", "provider")
    PRESENCE_PER_TURN_FIELD_NUMBER: _ClassVar[int]
    CAPTCHA_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    presence_per_turn: int
    captcha: CaptchaMode
    provider: CaptchaProvider
    def __init__(self, presence_per_turn: _Optional[int] = ..., captcha: _Optional[_Union[CaptchaMode, str]] = ..., provider: _Optional[_Union[CaptchaProvider, _Mapping]] = ...) -> None: ...

class CaptchaProvider(_message.Message):
    __slots__ = ("name", "site_key", "hostnames", "url", "on_outage")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SITE_KEY_FIELD_NUMBER: _ClassVar[int]
    HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    ON_OUTAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    site_key: str
    hostnames: _containers.RepeatedScalarFieldContainer[str]
    url: str
    on_outage: OutagePolicy
    def __init__(self, name: _Optional[str] = ..., site_key: _Optional[str] = ..., hostnames: _Optional[_Iterable[str]] = ..., url: _Optional[str] = ..., on_outage: _Optional[_Union[OutagePolicy, str]] = ...) -> None: ...

class ContestDocument(_message.Message):
    __slots__ = ("contest", "model", "admission", "staff", "next_model", "next_share", "descriptions", "entry", "retention_ms")
    class DescriptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ADMISSION_FIELD_NUMBER: _ClassVar[int]
    STAFF_FIELD_NUMBER: _ClassVar[int]
    NEXT_MODEL_FIELD_NUMBER: _ClassVar[int]
    NEXT_SHARE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    RETENTION_MS_FIELD_NUMBER: _ClassVar[int]
    contest: _contest_pb2.Contest
    model: Model
    admission: AdmissionPolicy
    staff: _containers.RepeatedScalarFieldContainer[str]
    next_model: Model
    next_share: int
    descriptions: _containers.ScalarMap[str, str]
    entry: EntryPolicy
    retention_ms: int
    def __init__(self, contest: _Optional[_Union[_contest_pb2.Contest, _Mapping]] = ..., model: _Optional[_Union[Model, _Mapping]] = ..., admission: _Optional[_Union[AdmissionPolicy, _Mapping]] = ..., staff: _Optional[_Iterable[str]] = ..., next_model: _Optional[_Union[Model, _Mapping]] = ..., next_share: _Optional[int] = ..., descriptions: _Optional[_Mapping[str, str]] = ..., entry: _Optional[_Union[EntryPolicy, _Mapping]] = ..., retention_ms: _Optional[int] = ...) -> None: ...

class TargetReport(_message.Message):
    __slots__ = ("picture_sha256", "scorer_digest", "likenesses", "problem")
    PICTURE_SHA256_FIELD_NUMBER: _ClassVar[int]
    SCORER_DIGEST_FIELD_NUMBER: _ClassVar[int]
    LIKENESSES_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    picture_sha256: str
    scorer_digest: str
    likenesses: _containers.RepeatedCompositeFieldContainer[Likeness]
    problem: str
    def __init__(self, picture_sha256: _Optional[str] = ..., scorer_digest: _Optional[str] = ..., likenesses: _Optional[_Iterable[_Union[Likeness, _Mapping]]] = ..., problem: _Optional[str] = ...) -> None: ...

class Likeness(_message.Message):
    __slots__ = ("what", "score")
    WHAT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    what: str
    score: float
    def __init__(self, what: _Optional[str] = ..., score: _Optional[float] = ...) -> None: ...
