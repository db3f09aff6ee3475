"""A contest file: read, or refused with the name of each field that is wrong."""

import io
from pathlib import Path

import pytest
import yaml
from PIL import Image

from cygnet.contest.document import check_document, read_contest
from cygnet.contest.rules import duration_ms
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import InvalidRequest

GOOD = """
apiVersion: cygnet.dev/v1alpha1
kind: Contest
metadata: {name: pycon-kr, labels: {event: pycon}}
spec:
  title: {en: Draw the duck, ko: 오리를 그려 주세요}
  targets:
    - {name: duck, image: {file: duck.png}}
  rateLimit:
    perParticipant: {every: 2s, burst: 5, pending: 4}
    contest: {maxPredictedWait: 2m}
  dedup: {scope: participant}
  leaderboard: {decimals: 3, staff: [cloudshin]}
"""


def png(side: int = 256) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "gold").save(out, "PNG")
    return out.getvalue()


def written(folder: Path, text: str) -> Path:
    (folder / "duck.png").write_bytes(png())
    path = folder / "contest.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_contest_is_read_with_its_defaults(tmp_path: Path) -> None:
    document, pictures = read_contest(written(tmp_path, GOOD))
    assert document.contest.name == "pycon-kr"
    assert document.contest.title["ko"] == "오리를 그려 주세요"
    assert [picture.png for picture in pictures] == [png()]
    assert document.admission.every_ms == 2000
    assert document.admission.max_predicted_wait_ms == 120_000
    assert document.admission.dedup_scope == document_pb2.DEDUP_SCOPE_PARTICIPANT
    assert document.model.generator_source == "builtin://cygnet-tiny"
    assert list(document.staff) == ["cloudshin"]
    assert document.contest.generation == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "Contst"}, "kind"),
        ({"metadata.name": "Py Con"}, "metadata.name"),
        ({"spec.title": {"ko": "오리"}}, "spec.title"),
        ({"spec.title": {"en": "a\nb"}}, "spec.title.en"),
        ({"spec.targets": []}, "spec.targets"),
        ({"spec.targets": [{"name": "duck", "image": {}}]}, "spec.targets.0.image"),
        ({"spec.targets": [{"name": "duck", "image": {"builtin": "dodo"}}]}, "spec.targets.0.image.builtin"),
        ({"spec.targets": [{"name": "duck", "image": {"file": "gone.png"}}]}, "spec.targets.0.image.file"),
        ({"spec.targets": [{"name": "d", "image": {"file": "duck.png"}}] * 2}, "spec.targets.1.name"),
        ({"spec.rateLimit.perParticipant.every": "soon"}, "spec.rateLimit.perParticipant.every"),
        ({"spec.rateLimit.perParticipant.every": "0s"}, "spec.rateLimit.perParticipant.every"),
        ({"spec.rateLimit.perParticipant.burst": 0}, "spec.rateLimit.perParticipant.burst"),
        ({"spec.rateLimit.perParticipant.bursts": 3}, "spec.rateLimit.perParticipant.bursts"),
        ({"spec.dedup.scope": "world"}, "spec.dedup.scope"),
        ({"spec.leaderboard.decimals": 9}, "spec.leaderboard.decimals"),
        ({"spec.model": {"generator": {"source": "http://x/"}}}, "spec.model.generator.source"),
        ({"spec.model": {"generator": {"source": "builtin://../../etc"}}}, "spec.model.generator.source"),
        ({"spec.model": {"generator": {"size": 100}}}, "spec.model.generator.size"),
        ({"spec.model": {"generator": {"steps": 1000}}}, "spec.model.generator.steps"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, change: dict[str, object], field: str) -> None:
    raw = yaml.safe_load(GOOD)
    for path, value in change.items():
        *parents, last = path.split(".")
        part = raw
        for parent in parents:
            part = part[parent]
        part[last] = value
    with pytest.raises(InvalidRequest) as refused:
        read_contest(written(tmp_path, yaml.safe_dump(raw, allow_unicode=True)))
    assert field in [violation.field for violation in refused.value.violations]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be of type object"),
        ("- a", "must be of type object"),
        ("42", "must be of type object"),
        ("a: [", "line 1: while parsing"),
        ("\x00", "special characters are not allowed"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ('a: "\\ud800"', "a lone surrogate"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
    ],
)
def test_what_is_no_contest_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_contest(written(tmp_path, text))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"gone\.yaml: there is no such file"):
        read_contest(tmp_path / "gone.yaml")


@pytest.mark.parametrize(
    ("path", "words"), [("/dev/zero", "larger than 1048576 bytes"), ("/", "cannot be read: Is a directory")]
)
def test_what_is_no_file_of_words_is_refused_at_once(path: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        read_contest(Path(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 20_000, "nested too deeply"),
        ("a: 0x" + "f" * 9_000, "a number of more than 64 bits"),
        ("a: &a [*a]", "an alias refers to what it stands in"),
        ("a: &a {<<: *a}", "an alias refers to what it stands in"),
        (
            "\n".join(["0: &0 [x, x]", *(f"{i}: &{i} [{', '.join([f'*{i - 1}'] * 9)}]" for i in range(1, 12))]),
            "more than 100000 values",
        ),
    ],
    ids=["deep", "long", "itself", "merged into itself", "billions of values"],
)
def test_what_would_overflow_is_refused_at_once(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        read_contest(written(tmp_path, text))


@pytest.mark.parametrize("picture", [b"", b"GIF89a", png(32), png(4097), png()[:200]])
def test_a_target_that_is_no_fair_picture_is_refused(tmp_path: Path, picture: bytes) -> None:
    path = written(tmp_path, GOOD)
    (tmp_path / "duck.png").write_bytes(picture)
    with pytest.raises(InvalidRequest) as refused:
        read_contest(path)
    assert [violation.field for violation in refused.value.violations] == ["spec.targets.0.image.file"]


def test_an_empty_document_names_all_that_lacks() -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_document(document_pb2.ContestDocument())
    assert {"metadata.name", "spec.title", "spec.targets"} <= {v.field for v in refused.value.violations}


@pytest.mark.parametrize(("text", "ms"), [("500ms", 500), ("10s", 10_000), ("5m", 300_000), ("1h", 3_600_000)])
def test_a_duration_is_read(text: str, ms: int) -> None:
    assert duration_ms(text) == ms


@pytest.mark.parametrize("text", ["", "10", "s", "1.5s", "-1s", "1d", 10, None, "9" * 20 + "s"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        duration_ms(text)


WITH_A_CLUSTER_IN_MIND = """
  schedule:
    windows:
      - {opens: "2026-10-26T09:00:00+09:00", closes: "2026-10-26T18:00:00+09:00"}
      - {opens: "2026-10-27T09:00:00+09:00", closes: "2026-10-27T17:00:00+09:00"}
    prewarm: 15m
  gpu:
    replicas: 2
    perReplica: {nvidia.com/gpu: 1}
    nodeSelector: {pool: gpu}
    tolerations: [{key: nvidia.com/gpu, operator: Exists}]
  autoscaling: {minReplicas: 1, maxReplicas: 4}
  paused: false
"""


def test_the_file_for_a_cluster_works_without_one(tmp_path: Path) -> None:
    text = GOOD.replace("{file: duck.png}", "{configMapKeyRef: {name: targets, key: duck.png}}")
    document, pictures = read_contest(written(tmp_path, text + WITH_A_CLUSTER_IN_MIND))
    assert document.contest.name == "pycon-kr"
    assert [picture.png for picture in pictures] == [png()]


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        ([("2026-10-26T18:00:00+09:00", "2026-10-26T09:00:00+09:00")], "close after it opens"),
        ([("2026-10-26T18:00:00", "2026-10-26T19:00:00")], "timezone"),
        (
            [
                ("2026-10-26T09:00:00+09:00", "2026-10-26T18:00:00+09:00"),
                ("2026-10-26T17:00:00+09:00", "2026-10-26T19:00:00+09:00"),
            ],
            "must not overlap",
        ),
    ],
)
def test_windows_that_make_no_sense_are_refused(tmp_path: Path, windows: list[tuple[str, str]], words: str) -> None:
    raw = yaml.safe_load(GOOD)
    raw["spec"]["schedule"] = {"windows": [{"opens": opens, "closes": closes} for opens, closes in windows]}
    with pytest.raises(InvalidRequest, match=words):
        read_contest(written(tmp_path, yaml.safe_dump(raw, allow_unicode=True)))
