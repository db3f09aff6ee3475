"""What is known better than the watch says: own writes, and what a list proves to be gone."""

from typing import Any

from cygnet_operator.cache import Cache
from cygnet_operator.model import CONTEST, SERVICE


def item(kind: str, name: str, version: int, *, owner: str = "uid-c", **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": str(version),
            "labels": {"cygnet.dev/contest": "c"},
            "ownerReferences": [{"uid": owner}],
        },
        **more,
    }


class World:
    def __init__(self) -> None:
        self.indices: dict[str, dict[str, list[Any]]] = {
            "contests": {"c": [item("Contest", "c", 5)]},
            "children": {},
            "slices": {},
        }
        self.cache = Cache()
        self.cache.indices = self.indices

    def seen(self) -> dict[tuple[str, str], str]:
        there = self.cache.observed("c", "uid-c").children
        return {name: body["metadata"]["resourceVersion"] for name, body in there.items()}


def test_an_own_write_counts_before_the_watch_has_seen_it() -> None:
    world = World()
    world.cache.note_written(item("Service", "s", 7))
    assert world.seen() == {("Service", "s"): "7"}


def test_the_newer_of_written_and_seen_counts() -> None:
    world = World()
    world.indices["children"] = {"c": [item("Service", "s", 6)]}
    world.cache.note_written(item("Service", "s", 7))
    assert world.seen() == {("Service", "s"): "7"}
    seen = item("Service", "s", 9)
    world.indices["children"] = {"c": [seen]}
    world.cache.note_event(seen, deleted=False)
    assert world.seen() == {("Service", "s"): "9"}


def test_what_was_deleted_is_gone_although_it_was_written() -> None:
    world = World()
    body = item("Service", "s", 7)
    world.cache.note_written(body)
    world.cache.note_event(body, deleted=True)
    assert world.seen() == {}


def test_what_belongs_to_a_former_contest_of_the_same_name_is_not_ours() -> None:
    world = World()
    world.indices["children"] = {"c": [item("Service", "s", 6, owner="uid-former")]}
    assert world.seen() == {}


def test_a_list_proves_what_is_gone() -> None:
    world = World()
    world.indices["children"] = {"c": [item("Service", "s", 6), item("Service", "kept", 6), item("Service", "new", 30)]}
    world.cache.note_listed(SERVICE, 20, [item("Service", "kept", 6)])
    assert set(world.seen()) == {("Service", "kept"), ("Service", "new")}, (
        "what is newer than the list may well be there"
    )


def test_a_contest_that_a_list_lacks_is_gone() -> None:
    world = World()
    assert world.cache.names == ["c"]
    world.cache.note_listed(CONTEST, 20, [])
    assert world.cache.contest("c") is None
    assert world.cache.names == []
