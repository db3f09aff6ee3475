import datetime

from cygnet.internal.v1 import document_pb2 as _document_pb2
from cygnet.v1 import contest_pb2 as _contest_pb2
from cygnet.v1 import submission_pb2 as _submission_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AdmitRequest(_message.Message):
    __slots__ = ("contest", "participant_id", "nickname", "request_id", "target", "prompt", "model", "policy", "next_model", "next_share", "only_known", "reading", "ladder", "present", "client", "opened_at")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    NEXT_MODEL_FIELD_NUMBER: _ClassVar[int]
    NEXT_SHARE_FIELD_NUMBER: _ClassVar[int]
    ONLY_KNOWN_FIELD_NUMBER: _ClassVar[int]
    READING_FIELD_NUMBER: _ClassVar[int]
    LADDER_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    contest: str
    participant_id: str
    nickname: str
    request_id: str
    target: _contest_pb2.Target
    prompt: str
    model: _document_pb2.Model
    policy: _document_pb2.AdmissionPolicy
    next_model: _document_pb2.Model
    next_share: int
    only_known: bool
    reading: _submission_pb2.Reading
    ladder: _containers.RepeatedScalarFieldContainer[str]
    present: bool
    client: str
    opened_at: _timestamp_pb2.Timestamp
    def __init__(self, contest: _Optional[str] = ..., participant_id: _Optional[str] = ..., nickname: _Optional[str] = ..., request_id: _Optional[str] = ..., target: _Optional[_Union[_contest_pb2.Target, _Mapping]] = ..., prompt: _Optional[str] = ..., model: _Optional[_Union[_document_pb2.Model, _Mapping]] = ..., policy: _Optional[_Union[_document_pb2.AdmissionPolicy, _Mapping]] = ..., next_model: _Optional[_Union[_document_pb2.Model, _Mapping]] = ..., next_share: _Optional[int] = ..., only_known: _Optional[bool] = ..., reading: _Optional[_Union[_submission_pb2.Reading, _Mapping]] = ..., ladder: _Optional[_Iterable[str]] = ..., present: _Optional[bool] = ..., client: _Optional[str] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AdmitManyRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[AdmitRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[AdmitRequest, _Mapping]]] = ...) -> None: ...

class AdmitManyResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[AdmitResult]
    def __init__(self, results: _Optional[_Iterable[_Union[AdmitResult, _Mapping]]] = ...) -> None: ...

class AdmitResult(_message.Message):
    __slots__ = ("submission", "status")
    SUBMISSION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    submission: _submission_pb2.Submission
    status: bytes
    def __init__(self, submission: _Optional[_Union[_submission_pb2.Submission, _Mapping]] = ..., status: _Optional[bytes] = ...) -> None: ...

class ClaimRequest(_message.Message):
    __slots__ = ("contest", "worker_id", "wait_ms", "generator_source", "scorer_source")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_SOURCE_FIELD_NUMBER: _ClassVar[int]
    SCORER_SOURCE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    worker_id: str
    wait_ms: int
    generator_source: str
    scorer_source: str
    def __init__(self, contest: _Optional[str] = ..., worker_id: _Optional[str] = ..., wait_ms: _Optional[int] = ..., generator_source: _Optional[str] = ..., scorer_source: _Optional[str] = ...) -> None: ...

class ClaimResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: Job
    def __init__(self, job: _Optional[_Union[Job, _Mapping]] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("contest", "fingerprint", "fence", "lease_ms", "canonical_prompt", "seed", "target", "model", "attempt", "candidate_seeds", "ladder")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    CANONICAL_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_SEEDS_FIELD_NUMBER: _ClassVar[int]
    LADDER_FIELD_NUMBER: _ClassVar[int]
    contest: str
    fingerprint: str
    fence: int
    lease_ms: int
    canonical_prompt: str
    seed: int
    target: _contest_pb2.Target
    model: _document_pb2.Model
    attempt: int
    candidate_seeds: _containers.RepeatedScalarFieldContainer[int]
    ladder: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, contest: _Optional[str] = ..., fingerprint: _Optional[str] = ..., fence: _Optional[int] = ..., lease_ms: _Optional[int] = ..., canonical_prompt: _Optional[str] = ..., seed: _Optional[int] = ..., target: _Optional[_Union[_contest_pb2.Target, _Mapping]] = ..., model: _Optional[_Union[_document_pb2.Model, _Mapping]] = ..., attempt: _Optional[int] = ..., candidate_seeds: _Optional[_Iterable[int]] = ..., ladder: _Optional[_Iterable[str]] = ...) -> None: ...

class SettleSeedRequest(_message.Message):
    __slots__ = ("contest", "target_picture_sha256", "counter")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    TARGET_PICTURE_SHA256_FIELD_NUMBER: _ClassVar[int]
    COUNTER_FIELD_NUMBER: _ClassVar[int]
    contest: str
    target_picture_sha256: str
    counter: int
    def __init__(self, contest: _Optional[str] = ..., target_picture_sha256: _Optional[str] = ..., counter: _Optional[int] = ...) -> None: ...

class SettleSeedResponse(_message.Message):
    __slots__ = ("counter",)
    COUNTER_FIELD_NUMBER: _ClassVar[int]
    counter: int
    def __init__(self, counter: _Optional[int] = ...) -> None: ...

class RequestSeedsRequest(_message.Message):
    __slots__ = ("jobs",)
    JOBS_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[Job]
    def __init__(self, jobs: _Optional[_Iterable[_Union[Job, _Mapping]]] = ...) -> None: ...

class RequestSeedsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class NextSeedRequest(_message.Message):
    __slots__ = ("generator_source", "scorer_source", "contest")
    GENERATOR_SOURCE_FIELD_NUMBER: _ClassVar[int]
    SCORER_SOURCE_FIELD_NUMBER: _ClassVar[int]
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    generator_source: str
    scorer_source: str
    contest: str
    def __init__(self, generator_source: _Optional[str] = ..., scorer_source: _Optional[str] = ..., contest: _Optional[str] = ...) -> None: ...

class NextSeedResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: Job
    def __init__(self, job: _Optional[_Union[Job, _Mapping]] = ...) -> None: ...

class GetSeedsRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class RevealSecretRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class RevealSecretResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetSeedsResponse(_message.Message):
    __slots__ = ("commitment", "counters", "revealed_secret")
    class CountersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    REVEALED_SECRET_FIELD_NUMBER: _ClassVar[int]
    commitment: str
    counters: _containers.ScalarMap[str, int]
    revealed_secret: bytes
    def __init__(self, commitment: _Optional[str] = ..., counters: _Optional[_Mapping[str, int]] = ..., revealed_secret: _Optional[bytes] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("contest", "fingerprint", "fence")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    fingerprint: str
    fence: int
    def __init__(self, contest: _Optional[str] = ..., fingerprint: _Optional[str] = ..., fence: _Optional[int] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("lease_ms",)
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    lease_ms: int
    def __init__(self, lease_ms: _Optional[int] = ...) -> None: ...

class CompleteRequest(_message.Message):
    __slots__ = ("contest", "fingerprint", "fence", "result")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    contest: str
    fingerprint: str
    fence: int
    result: bytes
    def __init__(self, contest: _Optional[str] = ..., fingerprint: _Optional[str] = ..., fence: _Optional[int] = ..., result: _Optional[bytes] = ...) -> None: ...

class CompleteResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReleaseRequest(_message.Message):
    __slots__ = ("contest", "fingerprint", "fence", "failure")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    contest: str
    fingerprint: str
    fence: int
    failure: _submission_pb2.Failure
    def __init__(self, contest: _Optional[str] = ..., fingerprint: _Optional[str] = ..., fence: _Optional[int] = ..., failure: _Optional[_Union[_submission_pb2.Failure, _Mapping]] = ...) -> None: ...

class ReleaseResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetSubmissionsRequest(_message.Message):
    __slots__ = ("contest", "submission_ids")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    SUBMISSION_IDS_FIELD_NUMBER: _ClassVar[int]
    contest: str
    submission_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, contest: _Optional[str] = ..., submission_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GetSubmissionsResponse(_message.Message):
    __slots__ = ("submissions",)
    SUBMISSIONS_FIELD_NUMBER: _ClassVar[int]
    submissions: _containers.RepeatedCompositeFieldContainer[OwnedSubmission]
    def __init__(self, submissions: _Optional[_Iterable[_Union[OwnedSubmission, _Mapping]]] = ...) -> None: ...

class OwnedSubmission(_message.Message):
    __slots__ = ("submission", "participant_id", "client")
    SUBMISSION_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    submission: _submission_pb2.Submission
    participant_id: str
    client: str
    def __init__(self, submission: _Optional[_Union[_submission_pb2.Submission, _Mapping]] = ..., participant_id: _Optional[str] = ..., client: _Optional[str] = ...) -> None: ...

class ListParticipantSubmissionsRequest(_message.Message):
    __slots__ = ("contest", "participant_id", "limit")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    contest: str
    participant_id: str
    limit: int
    def __init__(self, contest: _Optional[str] = ..., participant_id: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListParticipantSubmissionsResponse(_message.Message):
    __slots__ = ("submissions",)
    SUBMISSIONS_FIELD_NUMBER: _ClassVar[int]
    submissions: _containers.RepeatedCompositeFieldContainer[_submission_pb2.Submission]
    def __init__(self, submissions: _Optional[_Iterable[_Union[_submission_pb2.Submission, _Mapping]]] = ...) -> None: ...

class PutVocabularyRequest(_message.Message):
    __slots__ = ("generator_source", "vocabulary", "contest")
    GENERATOR_SOURCE_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_FIELD_NUMBER: _ClassVar[int]
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    generator_source: str
    vocabulary: bytes
    contest: str
    def __init__(self, generator_source: _Optional[str] = ..., vocabulary: _Optional[bytes] = ..., contest: _Optional[str] = ...) -> None: ...

class PutVocabularyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetVocabularyRequest(_message.Message):
    __slots__ = ("generator_source", "known_sha256", "contest")
    GENERATOR_SOURCE_FIELD_NUMBER: _ClassVar[int]
    KNOWN_SHA256_FIELD_NUMBER: _ClassVar[int]
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    generator_source: str
    known_sha256: str
    contest: str
    def __init__(self, generator_source: _Optional[str] = ..., known_sha256: _Optional[str] = ..., contest: _Optional[str] = ...) -> None: ...

class GetVocabularyResponse(_message.Message):
    __slots__ = ("unchanged", "vocabulary", "unknown")
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    unchanged: bool
    vocabulary: bytes
    unknown: bool
    def __init__(self, unchanged: _Optional[bool] = ..., vocabulary: _Optional[bytes] = ..., unknown: _Optional[bool] = ...) -> None: ...

class ListPicturesRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class ListPicturesResponse(_message.Message):
    __slots__ = ("picture_sha256s",)
    PICTURE_SHA256S_FIELD_NUMBER: _ClassVar[int]
    picture_sha256s: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, picture_sha256s: _Optional[_Iterable[str]] = ...) -> None: ...

class ForgetContestRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class ForgetContestResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: int
    def __init__(self, entries: _Optional[int] = ...) -> None: ...

class WithdrawClientRequest(_message.Message):
    __slots__ = ("contest", "client", "present_participants", "dry_run")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    PRESENT_PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    contest: str
    client: str
    present_participants: _containers.RepeatedScalarFieldContainer[str]
    dry_run: bool
    def __init__(self, contest: _Optional[str] = ..., client: _Optional[str] = ..., present_participants: _Optional[_Iterable[str]] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class WithdrawClientResponse(_message.Message):
    __slots__ = ("drawings",)
    DRAWINGS_FIELD_NUMBER: _ClassVar[int]
    drawings: int
    def __init__(self, drawings: _Optional[int] = ...) -> None: ...

class GetStatisticsRequest(_message.Message):
    __slots__ = ("contest",)
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    contest: str
    def __init__(self, contest: _Optional[str] = ...) -> None: ...

class GetStatisticsResponse(_message.Message):
    __slots__ = ("submissions", "participants", "queue_length", "oldest_wait_ms")
    SUBMISSIONS_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    OLDEST_WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    submissions: int
    participants: int
    queue_length: int
    oldest_wait_ms: int
    def __init__(self, submissions: _Optional[int] = ..., participants: _Optional[int] = ..., queue_length: _Optional[int] = ..., oldest_wait_ms: _Optional[int] = ...) -> None: ...

class WatchChangesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchChangesResponse(_message.Message):
    __slots__ = ("contest", "submission_ids", "queue_moved", "missed")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    SUBMISSION_IDS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_MOVED_FIELD_NUMBER: _ClassVar[int]
    MISSED_FIELD_NUMBER: _ClassVar[int]
    contest: str
    submission_ids: _containers.RepeatedScalarFieldContainer[str]
    queue_moved: bool
    missed: bool
    def __init__(self, contest: _Optional[str] = ..., submission_ids: _Optional[_Iterable[str]] = ..., queue_moved: _Optional[bool] = ..., missed: _Optional[bool] = ...) -> None: ...

class GetTargetReportsRequest(_message.Message):
    __slots__ = ("scorer_source", "picture_sha256s", "contest")
    SCORER_SOURCE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_SHA256S_FIELD_NUMBER: _ClassVar[int]
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    scorer_source: str
    picture_sha256s: _containers.RepeatedScalarFieldContainer[str]
    contest: str
    def __init__(self, scorer_source: _Optional[str] = ..., picture_sha256s: _Optional[_Iterable[str]] = ..., contest: _Optional[str] = ...) -> None: ...

class GetTargetReportsResponse(_message.Message):
    __slots__ = ("reports",)
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[_document_pb2.TargetReport]
    def __init__(self, reports: _Optional[_Iterable[_Union[_document_pb2.TargetReport, _Mapping]]] = ...) -> None: ...

class NextTargetRequest(_message.Message):
    __slots__ = ("scorer_source", "scorer_digest", "contest")
    SCORER_SOURCE_FIELD_NUMBER: _ClassVar[int]
    SCORER_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    scorer_source: str
    scorer_digest: str
    contest: str
    def __init__(self, scorer_source: _Optional[str] = ..., scorer_digest: _Optional[str] = ..., contest: _Optional[str] = ...) -> None: ...

class NextTargetResponse(_message.Message):
    __slots__ = ("picture_sha256", "contest")
    PICTURE_SHA256_FIELD_NUMBER: _ClassVar[int]
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    picture_sha256: str
    contest: str
    def __init__(self, picture_sha256: _Optional[str] = ..., contest: _Optional[str] = ...) -> None: ...

class PutTargetReportRequest(_message.Message):
    __slots__ = ("scorer_source", "report", "contest")
    SCORER_SOURCE_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    scorer_source: str
    report: _document_pb2.TargetReport
    contest: str
    def __init__(self, scorer_source: _Optional[str] = ..., report: _Optional[_Union[_document_pb2.TargetReport, _Mapping]] = ..., contest: _Optional[str] = ...) -> None: ...

class PutTargetReportResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
