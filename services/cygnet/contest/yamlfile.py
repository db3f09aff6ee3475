"""Reads the contest file as kubectl does, so that one file means the same with Kubernetes and without."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.text import one_line

MAX_FILE_BYTES = 1_048_576
"""Of a contest file. Kubernetes takes no larger resource either (etcd's limit is 1.5 MiB)."""
_DEEPEST = 32
"""A contest is nested seven deep."""
_MOST_VALUES = 100_000
"""Where an alias stands, all that it repeats counts again: a few lines of aliases can mean billions of values."""
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


def read(path: Path) -> Any:
    """Returns what the file says, in values that JSON knows: times stay text, keys are text, what is null is left out.

    Raises:
        InvalidRequest: it cannot be read, is too large, nested too deeply, repeats too much by
            aliases, or gives a key twice.
    """
    try:
        return _without_null(yaml.load(_contents(path).decode(), _Loader))  # noqa: S506 - it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        words = ", ".join(part for part in (error.context, error.problem) if part)
        raise InvalidRequest(FieldViolation(str(path), f"this is no YAML: {where}{words}")) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidRequest(FieldViolation(str(path), f"this is no YAML: {one_line(str(error))}")) from None


class _Loader(yaml.SafeLoader):
    """YAML 1.1 as kubectl takes it."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._sizes: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        is_alias = self.check_event(yaml.AliasEvent)
        self._depth += 1
        if self._depth > _DEEPEST:
            mark = parent.start_mark if parent is not None else None
            raise yaml.MarkedYAMLError(problem="it is nested too deeply", problem_mark=mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None and not is_alias:
            self._sizes[node] = size = 1 + sum(map(self._size_of, _children(node)))
            if size > _MOST_VALUES:
                raise yaml.MarkedYAMLError(
                    problem=f"more than {_MOST_VALUES} values, with what aliases repeat", problem_mark=node.start_mark
                )
        return node

    def _size_of(self, node: yaml.Node) -> int:
        """Returns how many values a node stands for, aliases written out."""
        if node not in self._sizes:
            raise yaml.MarkedYAMLError(problem="an alias refers to what it stands in", problem_mark=node.start_mark)
        return self._sizes[node]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key.value} is given twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return {_key(key): value for key, value in super().construct_mapping(node, deep).items()}

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        number = super().construct_yaml_int(node)
        if not -(2**63) <= number < 2**63:
            raise yaml.MarkedYAMLError(problem="a number of more than 64 bits", problem_mark=node.start_mark)
        return number

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        number = super().construct_yaml_float(node)
        return int(number) if number.is_integer() else number


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _key(key: Hashable) -> str:
    """Returns a key as JSON has it: `no` is false in YAML, and kubectl sends "false"."""
    return str(key).lower() if isinstance(key, bool) else "null" if key is None else str(key)


def _without_null(value: Any) -> Any:
    """Returns the value as the API server takes it: a field that is null counts as left out."""
    if isinstance(value, dict):
        return {key: _without_null(field) for key, field in value.items() if field is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def _contents(path: Path) -> bytes:
    # Bounded before it is parsed: the path may name a device that never ends.
    try:
        with path.open("rb") as file:
            contents = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise InvalidRequest(FieldViolation(str(path), "there is no such file")) from None
    except OSError as error:
        raise InvalidRequest(FieldViolation(str(path), f"this file cannot be read: {error.strerror}")) from None
    if len(contents) > MAX_FILE_BYTES:
        raise InvalidRequest(FieldViolation(str(path), f"larger than {MAX_FILE_BYTES} bytes: this is no contest"))
    return contents
