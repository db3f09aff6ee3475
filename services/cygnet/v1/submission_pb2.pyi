import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChallengeAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_ACTION_UNSPECIFIED: _ClassVar[ChallengeAction]
    CHALLENGE_ACTION_JOIN: _ClassVar[ChallengeAction]
    CHALLENGE_ACTION_SUBMIT: _ClassVar[ChallengeAction]

class SubmissionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUBMISSION_STATE_UNSPECIFIED: _ClassVar[SubmissionState]
    SUBMISSION_STATE_QUEUED: _ClassVar[SubmissionState]
    SUBMISSION_STATE_DRAWING: _ClassVar[SubmissionState]
    SUBMISSION_STATE_DONE: _ClassVar[SubmissionState]
    SUBMISSION_STATE_FAILED: _ClassVar[SubmissionState]

class AdmissionOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADMISSION_OUTCOME_UNSPECIFIED: _ClassVar[AdmissionOutcome]
    ADMISSION_OUTCOME_ACCEPTED: _ClassVar[AdmissionOutcome]
    ADMISSION_OUTCOME_COALESCED: _ClassVar[AdmissionOutcome]
    ADMISSION_OUTCOME_REPEATED: _ClassVar[AdmissionOutcome]
CHALLENGE_ACTION_UNSPECIFIED: ChallengeAction
CHALLENGE_ACTION_JOIN: ChallengeAction
CHALLENGE_ACTION_SUBMIT: ChallengeAction
SUBMISSION_STATE_UNSPECIFIED: SubmissionState
SUBMISSION_STATE_QUEUED: SubmissionState
SUBMISSION_STATE_DRAWING: SubmissionState
SUBMISSION_STATE_DONE: SubmissionState
SUBMISSION_STATE_FAILED: SubmissionState
ADMISSION_OUTCOME_UNSPECIFIED: AdmissionOutcome
ADMISSION_OUTCOME_ACCEPTED: AdmissionOutcome
ADMISSION_OUTCOME_COALESCED: AdmissionOutcome
ADMISSION_OUTCOME_REPEATED: AdmissionOutcome

class JoinRequest(_message.Message):
    __slots__ = ("contest", "nickname", "ticket", "device", "proof", "captcha_token")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    CAPTCHA_TOKEN_FIELD_NUMBER: _ClassVar[int]
    contest: str
    nickname: str
    ticket: str
    device: str
    proof: str
    captcha_token: str
    def __init__(self, contest: _Optional[str] = ..., nickname: _Optional[str] = ..., ticket: _Optional[str] = ..., device: _Optional[str] = ..., proof: _Optional[str] = ..., captcha_token: _Optional[str] = ...) -> None: ...

class JoinResponse(_message.Message):
    __slots__ = ("participant_id", "nickname", "session_token", "present", "next_draw_in_ms")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    NEXT_DRAW_IN_MS_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    nickname: str
    session_token: str
    present: bool
    next_draw_in_ms: int
    def __init__(self, participant_id: _Optional[str] = ..., nickname: _Optional[str] = ..., session_token: _Optional[str] = ..., present: _Optional[bool] = ..., next_draw_in_ms: _Optional[int] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("contest", "target", "prompt", "request_id", "proof", "captcha_token")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    CAPTCHA_TOKEN_FIELD_NUMBER: _ClassVar[int]
    contest: str
    target: str
    prompt: str
    request_id: str
    proof: str
    captcha_token: str
    def __init__(self, contest: _Optional[str] = ..., target: _Optional[str] = ..., prompt: _Optional[str] = ..., request_id: _Optional[str] = ..., proof: _Optional[str] = ..., captcha_token: _Optional[str] = ...) -> None: ...

class GetChallengeRequest(_message.Message):
    __slots__ = ("contest", "action", "device")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    action: ChallengeAction
    device: str
    def __init__(self, contest: _Optional[str] = ..., action: _Optional[_Union[ChallengeAction, str]] = ..., device: _Optional[str] = ...) -> None: ...

class GetChallengeResponse(_message.Message):
    __slots__ = ("challenge", "widget")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    WIDGET_FIELD_NUMBER: _ClassVar[int]
    challenge: str
    widget: CaptchaWidget
    def __init__(self, challenge: _Optional[str] = ..., widget: _Optional[_Union[CaptchaWidget, _Mapping]] = ...) -> None: ...

class CaptchaWidget(_message.Message):
    __slots__ = ("provider", "site_key", "url", "action", "subject")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    SITE_KEY_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    provider: str
    site_key: str
    url: str
    action: str
    subject: str
    def __init__(self, provider: _Optional[str] = ..., site_key: _Optional[str] = ..., url: _Optional[str] = ..., action: _Optional[str] = ..., subject: _Optional[str] = ...) -> None: ...

class SubmitResponse(_message.Message):
    __slots__ = ("submission",)
    SUBMISSION_FIELD_NUMBER: _ClassVar[int]
    submission: Submission
    def __init__(self, submission: _Optional[_Union[Submission, _Mapping]] = ...) -> None: ...

class ReadPromptRequest(_message.Message):
    __slots__ = ("contest", "prompt")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    contest: str
    prompt: str
    def __init__(self, contest: _Optional[str] = ..., prompt: _Optional[str] = ...) -> None: ...

class ReadPromptResponse(_message.Message):
    __slots__ = ("reading",)
    READING_FIELD_NUMBER: _ClassVar[int]
    reading: Reading
    def __init__(self, reading: _Optional[_Union[Reading, _Mapping]] = ...) -> None: ...

class Reading(_message.Message):
    __slots__ = ("caption", "spans")
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    caption: str
    spans: _containers.RepeatedCompositeFieldContainer[Span]
    def __init__(self, caption: _Optional[str] = ..., spans: _Optional[_Iterable[_Union[Span, _Mapping]]] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("start", "end", "read")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    read: bool
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ..., read: _Optional[bool] = ...) -> None: ...

class WatchSubmissionRequest(_message.Message):
    __slots__ = ("contest", "submission_id", "after_revision")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    SUBMISSION_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    contest: str
    submission_id: str
    after_revision: int
    def __init__(self, contest: _Optional[str] = ..., submission_id: _Optional[str] = ..., after_revision: _Optional[int] = ...) -> None: ...

class WatchSubmissionResponse(_message.Message):
    __slots__ = ("submission", "heartbeat", "goodbye")
    SUBMISSION_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    GOODBYE_FIELD_NUMBER: _ClassVar[int]
    submission: Submission
    heartbeat: Heartbeat
    goodbye: Goodbye
    def __init__(self, submission: _Optional[_Union[Submission, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., goodbye: _Optional[_Union[Goodbye, _Mapping]] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Goodbye(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListSubmissionsRequest(_message.Message):
    __slots__ = ("contest", "limit")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    contest: str
    limit: int
    def __init__(self, contest: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListSubmissionsResponse(_message.Message):
    __slots__ = ("submissions",)
    SUBMISSIONS_FIELD_NUMBER: _ClassVar[int]
    submissions: _containers.RepeatedCompositeFieldContainer[Submission]
    def __init__(self, submissions: _Optional[_Iterable[_Union[Submission, _Mapping]]] = ...) -> None: ...

class Submission(_message.Message):
    __slots__ = ("submission_id", "revision", "target", "prompt", "state", "outcome", "created_at", "policy_generation", "queue", "drawing", "result", "failure", "reading")
    SUBMISSION_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    POLICY_GENERATION_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    DRAWING_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    READING_FIELD_NUMBER: _ClassVar[int]
    submission_id: str
    revision: int
    target: str
    prompt: str
    state: SubmissionState
    outcome: AdmissionOutcome
    created_at: _timestamp_pb2.Timestamp
    policy_generation: int
    queue: QueuePlace
    drawing: DrawingProgress
    result: Result
    failure: Failure
    reading: Reading
    def __init__(self, submission_id: _Optional[str] = ..., revision: _Optional[int] = ..., target: _Optional[str] = ..., prompt: _Optional[str] = ..., state: _Optional[_Union[SubmissionState, str]] = ..., outcome: _Optional[_Union[AdmissionOutcome, str]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., policy_generation: _Optional[int] = ..., queue: _Optional[_Union[QueuePlace, _Mapping]] = ..., drawing: _Optional[_Union[DrawingProgress, _Mapping]] = ..., result: _Optional[_Union[Result, _Mapping]] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ..., reading: _Optional[_Union[Reading, _Mapping]] = ...) -> None: ...

class QueuePlace(_message.Message):
    __slots__ = ("position", "p50_ms", "p90_ms", "measuring", "no_worker")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    P50_MS_FIELD_NUMBER: _ClassVar[int]
    P90_MS_FIELD_NUMBER: _ClassVar[int]
    MEASURING_FIELD_NUMBER: _ClassVar[int]
    NO_WORKER_FIELD_NUMBER: _ClassVar[int]
    position: int
    p50_ms: int
    p90_ms: int
    measuring: bool
    no_worker: bool
    def __init__(self, position: _Optional[int] = ..., p50_ms: _Optional[int] = ..., p90_ms: _Optional[int] = ..., measuring: _Optional[bool] = ..., no_worker: _Optional[bool] = ...) -> None: ...

class DrawingProgress(_message.Message):
    __slots__ = ("started_at", "typical_ms")
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    TYPICAL_MS_FIELD_NUMBER: _ClassVar[int]
    started_at: _timestamp_pb2.Timestamp
    typical_ms: int
    def __init__(self, started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., typical_ms: _Optional[int] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("picture_sha256", "score", "cosine", "seed", "generator_digest", "scorer_digest", "calibration_id", "completed_at", "what_score", "look_score", "heat", "negative_heat", "fitted_chars", "pixels_sha256")
    PICTURE_SHA256_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SCORER_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    WHAT_SCORE_FIELD_NUMBER: _ClassVar[int]
    LOOK_SCORE_FIELD_NUMBER: _ClassVar[int]
    HEAT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_HEAT_FIELD_NUMBER: _ClassVar[int]
    FITTED_CHARS_FIELD_NUMBER: _ClassVar[int]
    PIXELS_SHA256_FIELD_NUMBER: _ClassVar[int]
    picture_sha256: str
    score: float
    cosine: float
    seed: int
    generator_digest: str
    scorer_digest: str
    calibration_id: str
    completed_at: _timestamp_pb2.Timestamp
    what_score: float
    look_score: float
    heat: bytes
    negative_heat: bytes
    fitted_chars: int
    pixels_sha256: str
    def __init__(self, picture_sha256: _Optional[str] = ..., score: _Optional[float] = ..., cosine: _Optional[float] = ..., seed: _Optional[int] = ..., generator_digest: _Optional[str] = ..., scorer_digest: _Optional[str] = ..., calibration_id: _Optional[str] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., what_score: _Optional[float] = ..., look_score: _Optional[float] = ..., heat: _Optional[bytes] = ..., negative_heat: _Optional[bytes] = ..., fitted_chars: _Optional[int] = ..., pixels_sha256: _Optional[str] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
