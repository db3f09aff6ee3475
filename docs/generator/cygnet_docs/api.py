"""The API reference: services, messages and enums of the public protos, with their comments."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

_PACKAGE = ".cygnet.v1."
_INTRODUCTION = """# API reference

What players' pages call, package `cygnet.v1`, as gRPC and as gRPC-web through Envoy. Written from `proto/` by
`make docs`; [versioning.md](../versioning.md) says what may change, [errors.md](errors.md) has the reason of every
error. Sample clients: `services/cygnet/gateway/page/src/rpc/` in TypeScript, `tests/stack/player.py` in Python.
"""
# Numbers of fields in descriptor.proto, of which paths in source information consist.
_MESSAGE, _ENUM, _SERVICE, _METHOD, _FIELD, _VALUE = 4, 5, 6, 2, 2, 2

Comments = dict[tuple[int, ...], str]


def page(root: Path) -> str:
    """Returns the page."""
    return "\n".join([_INTRODUCTION, *(line for file in _files(root) for line in _file(file))])


def _files(root: Path) -> list[FileDescriptorProto]:
    protos = sorted((root / "proto/cygnet/v1").glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set.binpb"
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{root / 'proto'}", "--include_source_info"]
        subprocess.run([*command, f"--descriptor_set_out={out}", *map(str, protos)], check=True)
        return list(FileDescriptorSet.FromString(out.read_bytes()).file)


def _file(file: FileDescriptorProto) -> Iterator[str]:
    comments: Comments = {
        tuple(location.path): " ".join(location.leading_comments.split()) for location in file.source_code_info.location
    }
    for i, service in enumerate(file.service):
        yield from _service(service, comments, (_SERVICE, i))
    for i, message in enumerate(file.message_type):
        yield from _message(message, comments, (_MESSAGE, i))
    for i, enum in enumerate(file.enum_type):
        yield from _enum(enum, comments, (_ENUM, i))


def _service(service: ServiceDescriptorProto, comments: Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield f"## {service.name}\n\n{comments[path]}\n\n| method | request | response | |\n|---|---|---|---|"
    for i, method in enumerate(service.method):
        stream = "stream of " if method.server_streaming else ""
        yield (
            f"| `{method.name}` | {_link(method.input_type)} | {stream}{_link(method.output_type)} "
            f"| {_cell(comments[*path, _METHOD, i])} |"
        )
    yield ""


def _message(message: DescriptorProto, comments: Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield f"### {message.name}\n\n{comments[path]}\n"
    if not message.field:
        return
    maps = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
    yield "| field | number | type | |\n|---|---|---|---|"
    for i, field in enumerate(message.field):
        words = _cell(comments[*path, _FIELD, i])
        if field.HasField("oneof_index") and not field.proto3_optional:
            words += f" One of `{message.oneof_decl[field.oneof_index].name}`."
        yield f"| `{field.name}` | {field.number} | {_type(field, maps)} | {words} |"
    yield ""


def _enum(enum: EnumDescriptorProto, comments: Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield f"### {enum.name}\n\n{comments[path]}\n\n| value | number | |\n|---|---|---|"
    for i, value in enumerate(enum.value):
        yield f"| `{value.name}` | {value.number} | {_cell(comments[*path, _VALUE, i])} |"
    yield ""


def _type(field: FieldDescriptorProto, maps: dict[str, DescriptorProto]) -> str:
    entry = maps.get(field.type_name.rpartition(".")[2])
    if entry is not None:
        return f"map of {_type(entry.field[0], {})} to {_type(entry.field[1], {})}"
    name = _link(field.type_name) if field.type_name else FieldDescriptorProto.Type.Name(field.type)[5:].lower()
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"repeated {name}"
    return f"optional {name}" if field.proto3_optional else name


def _link(type_name: str) -> str:
    if not type_name.startswith(_PACKAGE):
        return f"`{type_name.lstrip('.')}`"
    name = type_name.removeprefix(_PACKAGE)
    return f"[{name}](#{name.lower()})"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
