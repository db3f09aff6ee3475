"""From the resource to the document that services hold, and the check of a document that a service is sent."""

import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from cygnet.contest import yamlfile
from cygnet.contest.limits import Captcha
from cygnet.contest.rules import SpecModel, duration_text, validated
from cygnet.contest.spec import ContestSpec, ModelSpec, Spec, TargetSpec
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.images import MAX_BYTES, TargetPicture, UnfitPicture, normalise_target
from cygnet.platform.validation import SHA256
from cygnet.v1 import contest_pb2

MAX_SHARE = 1_000

_SCOPES = {
    "contest": document_pb2.DEDUP_SCOPE_CONTEST,
    "participant": document_pb2.DEDUP_SCOPE_PARTICIPANT,
}
_PRESENCE = {
    "off": contest_pb2.PRESENCE_MODE_OFF,
    "prefer": contest_pb2.PRESENCE_MODE_PREFER,
    "require": contest_pb2.PRESENCE_MODE_REQUIRE,
}
_CAPTCHA = {
    "off": document_pb2.CAPTCHA_MODE_OFF,
    "auto": document_pb2.CAPTCHA_MODE_AUTO,
    "always": document_pb2.CAPTCHA_MODE_ALWAYS,
}
_OUTAGE = {
    "altcha": document_pb2.OUTAGE_POLICY_ALTCHA,
    "allow": document_pb2.OUTAGE_POLICY_ALLOW,
    "refuse": document_pb2.OUTAGE_POLICY_REFUSE,
}
_OUTAGE_NAMES = {policy: name for name, policy in _OUTAGE.items()}
_CAPTCHA_NAMES = {mode: name for name, mode in _CAPTCHA.items()}
_PRESENCE_NAMES = {mode: name for name, mode in _PRESENCE.items()}
_SCOPE_NAMES = {scope: name for name, scope in _SCOPES.items()}


def read_contest(path: Path) -> tuple[document_pb2.ContestDocument, list[TargetPicture]]:
    """Reads a contest from a YAML file.

    Returns the document (generation 0: the next one) and the pictures of its targets, in their order.

    Raises:
        InvalidRequest: with one violation per wrong field, named as in the file.
    """
    contest = validated(ContestSpec, yamlfile.read(path))
    pictures = [
        _picture(target, path.parent, f"spec.targets.{i}.image") for i, target in enumerate(contest.spec.targets)
    ]
    return to_document(contest, [picture.png for picture in pictures]), pictures


def to_contest(spec: Spec) -> contest_pb2.Contest:
    """Returns what players may know of a contest, without its name and its targets."""
    return contest_pb2.Contest(
        title=spec.title,
        decimals=spec.leaderboard.decimals,
        max_prompt_chars=spec.max_prompt_chars,
        windows=[contest_pb2.Window(opens=window.opens, closes=window.closes) for window in spec.schedule.windows],
        paused=spec.paused,
        freeze_before_ms=spec.leaderboard.freeze_before,
        presence=_PRESENCE[spec.admission.presence],
    )


def to_model(spec: ModelSpec) -> document_pb2.Model:
    """Returns how pictures are drawn and scored."""
    return document_pb2.Model(
        generator_source=spec.generator.source,
        steps=spec.generator.steps or 0,
        size=spec.generator.size,
        scorer_source=spec.scorer.source,
    )


def to_document(contest: ContestSpec, pictures: list[bytes]) -> document_pb2.ContestDocument:
    """Returns the document that services hold; `pictures` are the PNG bytes of the targets, in their order."""
    spec, limits = contest.spec, contest.spec.rate_limit
    document = document_pb2.ContestDocument(
        contest=to_contest(spec),
        model=to_model(spec.model),
        admission=document_pb2.AdmissionPolicy(
            every_ms=limits.per_participant.every,
            burst=limits.per_participant.burst,
            pending=limits.per_participant.pending,
            max_predicted_wait_ms=limits.contest.max_predicted_wait,
            dedup_scope=_SCOPES[spec.dedup.scope],
        ),
        entry=document_pb2.EntryPolicy(
            presence_per_turn=spec.admission.presence_per_turn,
            captcha=_CAPTCHA[spec.admission.captcha.mode],
            provider=_captcha_provider(spec.admission.captcha),
        ),
        staff=spec.leaderboard.staff,
        retention_ms=spec.retention,
    )
    document.contest.name = contest.metadata.name
    for target, picture in zip(spec.targets, pictures, strict=True):
        document.contest.targets.add(name=target.name, picture_sha256=hashlib.sha256(picture).hexdigest())
        if description := _description(target):
            document.descriptions[target.name] = description
    return document


def numbered(document: document_pb2.ContestDocument, generation: int) -> document_pb2.ContestDocument:
    """Returns the document as one of this generation; of generation 0, two that say the same are equal."""
    copy = document_pb2.ContestDocument()
    copy.CopyFrom(document)
    copy.contest.generation = copy.admission.generation = generation
    return copy


def check_document(document: document_pb2.ContestDocument) -> None:
    """Holds a document against the bounds and rules of the resource that it came from.

    Raises:
        InvalidRequest: with one violation per wrong field, named as in the YAML.
    """
    parts: list[tuple[type[SpecModel], dict[str, Any], str]] = [(ContestSpec, _resource(document), "")]
    if document.next_share:
        parts.append((ModelSpec, _model(document.next_model), "next_model"))
    wrong: list[FieldViolation] = []
    for kind, value, path in parts:
        try:
            validated(kind, value, path)
        except InvalidRequest as error:
            wrong += error.violations
    for i, target in enumerate(document.contest.targets):
        if not SHA256.fullmatch(target.picture_sha256):
            wrong.append(FieldViolation(f"spec.targets.{i}.image", "its picture's SHA-256 must be 64 hex digits"))
    if document.next_share > MAX_SHARE:
        wrong.append(FieldViolation("next_share", f"0 to {MAX_SHARE}, not {document.next_share}"))
    if wrong:
        raise InvalidRequest(*wrong)


def _resource(document: document_pb2.ContestDocument) -> dict[str, Any]:
    """Returns the resource that `to_document` would make the document from, as far as a document tells."""
    contest, policy = document.contest, document.admission
    return {
        "apiVersion": "cygnet.dev/v1alpha1",
        "kind": "Contest",
        "metadata": {"name": contest.name},
        "spec": {
            "title": dict(contest.title),
            # Where a picture came from is not in the document; its digest is, and is checked by itself.
            "targets": [
                {
                    "name": target.name,
                    "image": {"builtin": "duck"},
                    "description": document.descriptions.get(target.name),
                }
                for target in contest.targets
            ],
            "maxPromptChars": contest.max_prompt_chars,
            "schedule": {"windows": [{"opens": _time(w.opens), "closes": _time(w.closes)} for w in contest.windows]},
            "model": _model(document.model),
            "admission": _admission(document),
            "rateLimit": {
                "perParticipant": {
                    "every": f"{policy.every_ms}ms",
                    "burst": policy.burst,
                    "pending": policy.pending,
                },
                "contest": {"maxPredictedWait": f"{policy.max_predicted_wait_ms}ms"},
            },
            "dedup": {"scope": _SCOPE_NAMES.get(policy.dedup_scope, "")},
            "leaderboard": {
                "decimals": contest.decimals,
                "freezeBefore": f"{contest.freeze_before_ms}ms",
                "staff": list(document.staff),
            },
            # What a document from before there was a retention does not say.
            **({"retention": duration_text(document.retention_ms)} if document.retention_ms else {}),
        },
    }


def _admission(document: document_pb2.ContestDocument) -> dict[str, Any]:
    # What a document from before there was presence, or a captcha, does not say.
    said: dict[str, Any] = {}
    if document.contest.presence:
        said["presence"] = _PRESENCE_NAMES.get(document.contest.presence, "")
    if document.entry.presence_per_turn:
        said["presencePerTurn"] = document.entry.presence_per_turn
    if document.entry.captcha:
        said["captcha"] = {"mode": _CAPTCHA_NAMES.get(document.entry.captcha, "")}
    if document.entry.HasField("provider"):
        provider = document.entry.provider
        said.setdefault("captcha", {}).update(
            provider=provider.name,
            siteKey=provider.site_key,
            hostnames=list(provider.hostnames),
            url=provider.url,
            onOutage=_OUTAGE_NAMES.get(provider.on_outage, ""),
        )
    return said


def _captcha_provider(captcha: Captcha) -> document_pb2.CaptchaProvider | None:
    if captcha.provider == "altcha":
        return None
    return document_pb2.CaptchaProvider(
        name=captcha.provider,
        site_key=captcha.site_key,
        hostnames=captcha.hostnames,
        url=captcha.url,
        on_outage=_OUTAGE[captcha.on_outage],
    )


def _model(model: document_pb2.Model) -> dict[str, Any]:
    return {
        "generator": {"source": model.generator_source, "steps": model.steps or None, "size": model.size},
        "scorer": {"source": model.scorer_source},
    }


def _time(moment: Timestamp) -> str:
    try:
        return moment.ToJsonString()
    except ValueError:
        return ""  # beyond the year 9999


def target_picture(content: bytes, field: str) -> TargetPicture:
    """Returns an organiser's picture as it is stored, shown and scored.

    Raises:
        InvalidRequest: it is none that can be a target.
    """
    try:
        return normalise_target(content)
    except UnfitPicture as unfit:
        raise InvalidRequest(FieldViolation(field, f"the picture {unfit}")) from None


def check_normalised(picture: bytes, field: str) -> None:
    """Raises InvalidRequest for a picture that `target_picture` would change: it would be scored as nobody sees it."""
    if changes := target_picture(picture, field).changes:
        raise InvalidRequest(
            FieldViolation(field, f"is not as a target is stored ({', '.join(changes)}): send it with `cygnet apply`")
        )


def builtin_picture(name: str) -> bytes:
    """Returns the PNG bytes of a picture that comes with Cygnet."""
    return resources.files("cygnet.contest").joinpath("targets", f"{name}.png").read_bytes()


def _description(target: TargetSpec) -> str:
    if target.description is not None or target.image.builtin is None:
        return target.description or ""
    return resources.files("cygnet.contest").joinpath("targets", f"{target.image.builtin}.txt").read_text().strip()


def _picture(target: TargetSpec, folder: Path, field: str) -> TargetPicture:
    image = target.image
    if image.builtin is not None:
        return target_picture(builtin_picture(image.builtin), field)
    if image.config_map_key_ref is not None:
        return _picture_in(folder, image.config_map_key_ref.key, f"{field}.configMapKeyRef.key")
    return _picture_in(folder, str(image.file), f"{field}.file")


def _picture_in(folder: Path, name: str, field: str) -> TargetPicture:
    path = folder / name
    if not path.is_file():
        raise InvalidRequest(FieldViolation(field, f"there is no file {path}"))
    with path.open("rb") as file:
        return target_picture(file.read(MAX_BYTES + 1), field)
