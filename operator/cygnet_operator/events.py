"""An Event of Kubernetes about a contest. Pure."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from cygnet_operator.model import API_VERSION, FIELD_MANAGER, Object
from cygnet_operator.status import Event


def event_object(contest: Object, event: Event, now: datetime) -> dict[str, Any]:
    """Returns the Event to be posted."""
    metadata = contest["metadata"]
    timestamp = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    digest = hashlib.sha256(f"{timestamp} {event.reason} {event.message}".encode()).hexdigest()[:10]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.{digest}", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": "Contest",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata.get("resourceVersion", ""),
        },
        "type": "Warning" if event.warning else "Normal",
        "reason": event.reason,
        "message": event.message[:1024],
        "source": {"component": FIELD_MANAGER},
        "reportingComponent": FIELD_MANAGER,
        "reportingInstance": FIELD_MANAGER,
        "action": "Reconcile",
        "eventTime": timestamp,
        "firstTimestamp": timestamp[:19] + "Z",
        "lastTimestamp": timestamp[:19] + "Z",
        "count": 1,
    }
