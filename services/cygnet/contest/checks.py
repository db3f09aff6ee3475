"""What a contest document may say: the bounds, once, for the command line and for the services' admin ports."""

import io
import re
import warnings
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.text import control_characters
from cygnet.v1 import contest_pb2

MAX_TARGET_BYTES = 2 * 1024 * 1024
MAX_TARGET_SIDE = 2048
MAX_TARGETS = 8
MAX_STAFF = 100
MAX_WINDOWS = 32
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SOURCE = re.compile(r"((builtin|hf|s3|pvc)://[\w./@:+-]{1,500}|/[\w./@+-]{1,500})")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check_document(document: document_pb2.ContestDocument) -> None:
    """Raises InvalidRequest with one violation per wrong field, named as in the YAML."""
    violations = [FieldViolation(field, words) for field, words in _wrong(document)]
    if violations:
        raise InvalidRequest(*violations)


def check_target_picture(picture: bytes, field: str) -> None:
    """Raises InvalidRequest unless `picture` is a PNG of a sane size that can be decoded."""
    if len(picture) > MAX_TARGET_BYTES:
        raise InvalidRequest(FieldViolation(field, f"larger than {MAX_TARGET_BYTES} bytes"))
    try:
        with warnings.catch_warnings():
            # A picture that claims to be huge is an attack, not a matter for a warning.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(picture), formats=["PNG"]) as image:
                if max(image.size) > MAX_TARGET_SIDE or min(image.size) < 64:
                    raise InvalidRequest(FieldViolation(field, f"each side must have 64 to {MAX_TARGET_SIDE} pixels"))
                image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise InvalidRequest(FieldViolation(field, f"this is no PNG that can be read: {error}")) from None


def _wrong(document: document_pb2.ContestDocument) -> Iterator[tuple[str, str]]:
    contest = document.contest
    if not NAME.fullmatch(contest.name):
        yield "metadata.name", "1 to 63 characters of a-z, 0-9 and -, with no - at either end"
    if "en" not in contest.title:
        yield "spec.title", 'give at least an English title, "en"'
    for language, title in contest.title.items():
        if not _LANGUAGE.fullmatch(language):
            yield f"spec.title.{language}", 'name the language by its tag, as "en" or "ko"'
        if not 1 <= len(title) <= 100 or control_characters(title):
            yield f"spec.title.{language}", "1 to 100 characters in one line"
    yield from _wrong_targets(contest)
    for field, value, low, high in (
        ("spec.leaderboard.decimals", contest.decimals, 0, 4),
        ("spec.maxPromptChars", contest.max_prompt_chars, 10, 300),
        ("spec.rateLimit.perParticipant.every (ms)", document.admission.every_ms, 100, 3_600_000),
        ("spec.rateLimit.perParticipant.burst", document.admission.burst, 1, 100),
        ("spec.rateLimit.perParticipant.pending", document.admission.pending, 1, 100),
        ("spec.rateLimit.contest.maxPredictedWait (ms)", document.admission.max_predicted_wait_ms, 1_000, 86_400_000),
        ("spec.leaderboard.freezeBefore (ms)", contest.freeze_before_ms, 0, 86_400_000),
        ("next_share", document.next_share, 0, 1_000),
    ):
        if not low <= value <= high:
            yield field, f"{low} to {high}, not {value}"
    yield from _wrong_model("spec.model", document.model)
    if document.next_share:
        yield from _wrong_model("next_model", document.next_model)
    yield from _wrong_schedule(contest)
    if document.admission.dedup_scope == document_pb2.DEDUP_SCOPE_UNSPECIFIED:
        yield "spec.dedup.scope", "contest or participant"
    if len(document.staff) > MAX_STAFF:
        yield "spec.leaderboard.staff", f"at most {MAX_STAFF} nicknames"
    for i, nickname in enumerate(document.staff):
        if not 1 <= len(nickname) <= 24:
            yield f"spec.leaderboard.staff.{i}", "1 to 24 characters"


def _wrong_model(field: str, model: document_pb2.Model) -> Iterator[tuple[str, str]]:
    for name, value, low, high in (("steps", model.steps, 1, 50), ("size", model.size, 64, 1024)):
        if not low <= value <= high:
            yield f"{field}.generator.{name}", f"{low} to {high}, not {value}"
    if model.size % 64:
        yield f"{field}.generator.size", "a multiple of 64"
    for name, source in (("generator", model.generator_source), ("scorer", model.scorer_source)):
        if not _SOURCE.fullmatch(source) or ".." in source:
            words = "builtin://name, hf://org/name, s3://bucket/path, pvc://claim/path or an absolute path"
            yield f"{field}.{name}.source", words


def _wrong_schedule(contest: contest_pb2.Contest) -> Iterator[tuple[str, str]]:
    windows = [(window.opens.ToMilliseconds(), window.closes.ToMilliseconds()) for window in contest.windows]
    if len(windows) > MAX_WINDOWS:
        yield "spec.schedule.windows", f"at most {MAX_WINDOWS} windows"
    for i, (opens, closes) in enumerate(windows):
        if closes <= opens:
            yield f"spec.schedule.windows.{i}", "a window must close after it opens"
    if any(later[0] < earlier[1] for earlier, later in zip(windows, windows[1:], strict=False)):
        yield "spec.schedule.windows", "windows must be in order and must not overlap"
    if contest.freeze_before_ms and not windows:
        yield "spec.leaderboard.freezeBefore", "counts back from the last window's end: give schedule.windows as well"


def _wrong_targets(contest: contest_pb2.Contest) -> Iterator[tuple[str, str]]:
    if not 1 <= len(contest.targets) <= MAX_TARGETS:
        yield "spec.targets", f"1 to {MAX_TARGETS} targets"
    seen: set[str] = set()
    for i, target in enumerate(contest.targets):
        if not NAME.fullmatch(target.name):
            yield f"spec.targets.{i}.name", "1 to 63 characters of a-z, 0-9 and -, with no - at either end"
        if target.name in seen:
            yield f"spec.targets.{i}.name", f"there are two targets called {target.name}"
        seen.add(target.name)
        if not re.fullmatch(r"[0-9a-f]{64}", target.picture_sha256):
            yield f"spec.targets.{i}.image", "its picture's SHA-256 must be 64 hex digits"
