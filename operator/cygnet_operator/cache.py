"""What is known of the cluster: what kopf's watches say, corrected by what is known better.

Two things are known better. What the operator has just written is newer than what the watch has brought so far. And a
watch that was cut off for long is started over by listing, which never says what was deleted meanwhile; the resync
lists everything and notes what is gone.
"""

from collections.abc import Iterable, Mapping

from cygnet_operator.model import CONTEST, CONTEST_LABEL, Kind, Object, Observed, key, owned_by, version_of

Index = Mapping[str, Iterable[Object]]
"""Objects by the name of their contest."""


class Cache:
    """Reads kopf's indices; says what there is now."""

    def __init__(self, installed: frozenset[str] = frozenset()) -> None:
        """`installed` are the optional kinds that the cluster knows."""
        self.installed = installed
        self.indices: Mapping[str, Index] = {"contests": {}, "children": {}, "slices": {}}
        """kopf's live indices, once it has started; that of slices has all of them under the empty name."""
        self._written: dict[str, Object] = {}
        self._gone: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        """The contests there are."""
        return [name for name in self.indices["contests"] if self.contest(name) is not None]

    @property
    def count(self) -> int:
        """How many contests the watch knows of. Any thread may ask."""
        return len(self.indices["contests"])

    def contest(self, name: str) -> Object | None:
        """Returns the newest that is known of a contest, or None."""
        bodies = [self._newest(body) for body in self.indices["contests"].get(name, ()) if self._is_there(body)]
        return max(bodies, key=version_of, default=None)

    def observed(self, name: str, uid: str) -> Observed:
        """Returns what there is for the contest with this uid."""
        bodies: dict[str, Object] = {}
        for body in self.indices["children"].get(name, ()):
            if self._is_there(body):
                bodies[body["metadata"]["uid"]] = self._newest(body)
        for written, body in self._written.items():
            # Just made, and not yet seen by the watch.
            unseen = written not in bodies and written not in self._gone
            if unseen and body["kind"] != CONTEST.kind and self._contest_of(body) == name:
                bodies[written] = body
        children = {key(body): body for body in bodies.values() if owned_by(body, uid)}
        return Observed(children, self.installed)

    @property
    def slices(self) -> list[Object]:
        """The EndpointSlices of the services that take contest documents."""
        return list(self.indices["slices"].get("", ()))

    def note_written(self, body: Object) -> None:
        """Remembers an object as the API server returned it after a write."""
        self._written[body["metadata"]["uid"]] = body

    def note_event(self, body: Object, *, deleted: bool) -> None:
        """Forgets what the watch has caught up with."""
        uid = body["metadata"]["uid"]
        if deleted:
            self._written.pop(uid, None)
            self._gone.pop(uid, None)
        elif uid in self._written and version_of(body) >= version_of(self._written[uid]):
            del self._written[uid]

    def note_deleted(self, uid: str) -> None:
        """Remembers what was deleted by the operator itself."""
        self._gone[uid] = 0

    def note_listed(self, kind: Kind, version: int, items: Iterable[Object]) -> None:
        """Notes what is gone according to a full list, taken at this resourceVersion."""
        listed = {item["metadata"]["uid"] for item in items}
        index = self.indices["contests"] if kind == CONTEST else self.indices["children"]
        for bodies in list(index.values()):
            for body in bodies:
                uid = body["metadata"]["uid"]
                if body["kind"] == kind.kind and uid not in listed and version_of(self._newest(body)) <= version:
                    self._gone[uid] = version
        for uid, body in list(self._written.items()):
            if body["kind"] == kind.kind and uid not in listed and version_of(body) <= version:
                del self._written[uid]

    def _newest(self, body: Object) -> Object:
        return max(body, self._written.get(body["metadata"]["uid"], body), key=version_of)

    def _is_there(self, body: Object) -> bool:
        return body["metadata"]["uid"] not in self._gone

    @staticmethod
    def _contest_of(body: Object) -> str:
        return str(body["metadata"].get("labels", {}).get(CONTEST_LABEL, ""))
