"""Why pods do not serve, in the words that Kubernetes has for it. Pure."""

from collections.abc import Iterator, Sequence

from cygnet_operator.model import Object

_USUAL = {"PodInitializing", "ContainerCreating"}
_LONGEST = 300


def blocking_reason(pods: Sequence[Object]) -> str:
    """Returns the first reason found, or an empty text."""
    found = (reason for reasons in (_reasons, _unready) for pod in pods for reason in reasons(pod))
    return next((reason[:_LONGEST] for reason in found), "")


def _reasons(pod: Object) -> Iterator[str]:
    status = pod.get("status", {})
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield f"{condition.get('reason', '')}: {condition.get('message', '')}"
    for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        state = container.get("state", {})
        waiting = state.get("waiting", {})
        if waiting.get("reason") and waiting["reason"] not in _USUAL:
            yield f"{container['name']}: {waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")
        ended = (container.get("lastState") or {}).get("terminated") or state.get("terminated") or {}
        if ended.get("exitCode"):
            yield f"{container['name']} ended with status {ended['exitCode']} ({ended.get('reason', '')})"


def _unready(pod: Object) -> Iterator[str]:
    """A model that loads and does not draw, or draws and does not score, keeps its worker from being ready."""
    if pod.get("status", {}).get("phase") != "Running":
        return
    for container in pod["status"].get("containerStatuses", ()):
        if not container.get("ready"):
            name = container["name"]
            yield f"{name} runs and is not ready: kubectl logs {pod['metadata']['name']} -c {name}"
