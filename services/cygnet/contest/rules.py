"""How a bound or a rule of the contest resource is written once: its words, its CEL for the API server, and the same in
Python for everybody else. `spec.py` uses them, `crd.py` reads the CEL out of them.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from cygnet.platform.errors import FieldViolation, InvalidRequest

JsonSchema = dict[str, Any]
RULES = "x-kubernetes-validations"

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_DURATION = "([0-9]{1,9})(ms|s)|([0-9]{1,6})([mh])"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def broken(words: str, field: str = "") -> PydanticCustomError:
    """Returns what a validator raises; `field` names the part of the value that is wrong, where it is not all of it."""
    return PydanticCustomError("rule", "{words}", {"words": words, "field": field})


@dataclass(frozen=True)
class Rule:
    """A rule, for one field in `Annotated` or for a whole model in its `rules`."""

    words: str
    cel: str
    holds: Callable[[Any], bool] | None = None
    """The same as `cel`; None for what the API server alone has to check."""
    field: str = ""
    """Which field of a model the words are about, as "gpu.replicas"."""

    def check(self, value: Any) -> Any:
        """Returns the value, or raises what pydantic turns into an error of this field."""
        if self.holds is not None and not self.holds(value):
            raise broken(self.words, self.field)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        schema = handler(core)
        return {**schema, RULES: [*schema.get(RULES, ()), self.validation()]}

    def validation(self) -> JsonSchema:
        """Returns the rule as an entry of x-kubernetes-validations."""
        return {"rule": self.cel, "message": self.words, **({"fieldPath": f".{self.field}"} if self.field else {})}


def matching(pattern: str, words: str) -> Rule:
    """Returns the rule that a text matches `pattern` as a whole. It must mean the same in RE2 and in Python."""
    whole = re.compile(pattern)
    return Rule(words, f"self.matches('^({pattern})$')", lambda text: whole.fullmatch(text) is not None)


def duration_ms(text: object) -> int:
    """Returns the milliseconds in "500ms", "10s", "5m" or "1h".

    Raises:
        ValueError: it is nothing of the kind.
    """
    match = re.fullmatch(_DURATION, text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(_DURATION_WORDS)
    return int(match[1] or match[3]) * _UNITS_MS[match[2] or match[4]]


def duration_text(ms: int) -> str:
    """Returns milliseconds as people write them, in the largest unit that holds them exactly."""
    if ms == 0:
        return "0s"
    unit = next(unit for unit in ("h", "m", "s", "ms") if ms % _UNITS_MS[unit] == 0)
    return f"{ms // _UNITS_MS[unit]}{unit}"


_DURATION_WORDS = 'write a whole number and a unit, as in "500ms", "10s", "5m" or "1h"'


@dataclass(frozen=True)
class Duration:
    """A length of time: text with a unit in the file, milliseconds in Python."""

    most: str
    least: str = "0s"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        bounds = f"duration(self) <= duration('{self.most}')"
        if duration_ms(self.least):
            bounds = f"duration(self) >= duration('{self.least}') && {bounds}"
        well_formed = f"self.matches('^({_DURATION})$')"
        rules = [
            {"rule": well_formed, "message": _DURATION_WORDS},
            {"rule": f"!{well_formed} || ({bounds})", "message": self._words},
        ]
        return {"type": "string", "maxLength": 11, RULES: rules}

    @property
    def _words(self) -> str:
        return f"{self.least} to {self.most}" if duration_ms(self.least) else f"at most {self.most}"

    def _read(self, text: object) -> int:
        if not isinstance(text, str):
            raise broken("must be of type string")
        try:
            ms = duration_ms(text)
        except ValueError as error:
            raise broken(str(error)) from None
        if not duration_ms(self.least) <= ms <= duration_ms(self.most):
            raise broken(self._words)
        return ms


class Time:
    """A moment: RFC 3339 with an offset, as the API server's date-time and CEL read it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {"type": "string", "format": "date-time", "maxLength": 40}

    @staticmethod
    def _read(text: object) -> datetime:
        if isinstance(text, str) and len(text) <= 40 and _TIME.fullmatch(text):
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                pass  # a 30th of February
        raise broken("must be of type date-time: RFC 3339 with its timezone, as 2026-10-26T09:00:00+09:00")


@dataclass(frozen=True)
class ListType:
    """How Kubernetes merges a list; no two items of a set, or of a map by its `key`, may be the same."""

    kind: Literal["set", "map", "atomic"]
    key: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        keys = {"x-kubernetes-list-map-keys": [self.key]} if self.key else {}
        return {**handler(core), "x-kubernetes-list-type": self.kind, **keys}

    def _check(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        seen = set()
        for i, item in enumerate(items if self.kind != "atomic" else ()):
            value = getattr(item, self.key) if self.key else item
            if value in seen:
                raise broken(f"Duplicate value: {value}", f"{i}.{self.key}" if self.key else str(i))
            seen.add(value)
        return items


class SpecModel(BaseModel):
    """A part of the contest resource: an unknown field is a mistake; docstrings become the descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, use_attribute_docstrings=True)
    rules: ClassVar[tuple[Rule, ...]] = ()
    """What holds between fields."""

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        for rule in self.rules:
            rule.check(self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        schema = handler.resolve_ref_schema(handler(core))
        if cls.rules:
            schema[RULES] = [rule.validation() for rule in cls.rules]
        return schema


Model = TypeVar("Model", bound=SpecModel)
_SAME_WORDS = {
    "json_invalid": "holds half a character (a lone surrogate)",
    "missing": "Required value",
    "bool_type": "must be of type boolean",
    "int_type": "must be of type integer",
    "int_from_float": "must be of type integer",
    "string_type": "must be of type string",
    "dict_type": "must be of type object",
    "model_type": "must be of type object",
    "tuple_type": "must be of type array",
    "string_too_long": "Too long: may not be more than {max_length} bytes",
    "string_too_short": "should be at least {min_length} chars long",
    "too_long": "must have at most {max_length} items",
    "too_short": "should have at least {min_length} items",
}
"""What the API server says, for the kinds of errors that pydantic has words of its own for."""


def validated(kind: type[Model], value: Any, path: str = "") -> Model:
    """Returns the part of the resource that a value of JSON is; `path` is where that part lies.

    Raises:
        InvalidRequest: with one violation per wrong field, in the API server's words.
    """
    try:
        # As JSON, and strictly: the API server does not take "3" for 3 either.
        return kind.model_validate_json(json.dumps(value, default=str), strict=True)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        raise InvalidRequest(*(_violation(each, path) for each in wrong)) from None


def _violation(error: Mapping[str, Any], path: str) -> FieldViolation:
    kind, details = error["type"], error.get("ctx", {})
    field = ".".join(str(part) for part in (path, *error["loc"], details.get("field", "")) if part != "")
    if kind == "extra_forbidden":
        words = f'unknown field "{field}"'
    elif kind == "literal_error":
        choices = re.findall("'([^']*)'", details["expected"])
        words = "supported values: " + ", ".join(f'"{choice}"' for choice in choices)
    elif kind in _SAME_WORDS:
        words = _SAME_WORDS[kind].format(**details)
    else:
        words = str(error["msg"]).removeprefix("Input ")
    return FieldViolation(field or "document", words)
