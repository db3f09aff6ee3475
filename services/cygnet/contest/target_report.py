"""What a quick look at a target found, in an organiser's words; the same on the console and in a Contest's status."""

from collections.abc import Mapping

from cygnet.internal.v1 import document_pb2


def concerns(reports: Mapping[str, document_pb2.TargetReport]) -> list[str]:
    """Returns a sentence for each target, by name, that something is wrong with."""
    return [words for name, report in sorted(reports.items()) if (words := _concern(name, report))]


def _concern(name: str, report: document_pb2.TargetReport) -> str:
    if report.problem:
        return f"target {name} cannot be examined: {report.problem}"
    if not report.likenesses:
        return ""
    highest = sorted(report.likenesses, key=lambda likeness: -likeness.score)[:3]
    found = ", ".join(f"{likeness.what} {likeness.score:.0f}" for likeness in highest)
    return (
        f"target {name} is gameable: pictures that draw nothing score like a drawing ({found}). The scorer does not "
        "know pictures like this one, or there is too little in it: choose another, and see `cygnet doctor`"
    )
