"""A mypy plugin: a log call is handed plain values, never an object that would print what it holds.

A protobuf message prints every field, so a job or a submission in a log call would put a player's prompt into the log.
What is logged is named one by one: identifiers, numbers, words, and errors. That no f-string hides a message is ruff's
rule G004.
"""

from collections.abc import Callable

from mypy.errorcodes import ErrorCode
from mypy.nodes import DictExpr, Expression
from mypy.plugin import MethodContext, Plugin
from mypy.types import Instance, LiteralType, NoneType, ProperType, TupleType, Type, UnionType, get_proper_type

LOG_VALUE = ErrorCode("log-value", "A log call is handed something that is no plain value", "General")
_LOGGER = "logging.Logger."
_PLAIN = {"builtins.str", "builtins.int", "builtins.float", "builtins.bool"}
_CONTAINERS = {"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.dict"}


class LogValues(Plugin):
    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        called = fullname.removeprefix(_LOGGER)
        return _check if called in {"debug", "info", "warning", "error", "exception", "critical", "log"} else None


def _check(call: MethodContext) -> Type:
    for expression in (argument for arguments in call.args for argument in arguments):
        values = [value for _, value in expression.items] if isinstance(expression, DictExpr) else [expression]
        for value in values:
            _check_value(call, value)
    return call.default_return_type


def _check_value(call: MethodContext, value: Expression) -> None:
    found = get_proper_type(call.api.get_expression_type(value))
    if not _is_plain(found):
        call.api.fail(f"A log call is handed {found}: name the fields that are meant", value, code=LOG_VALUE)


def _is_plain(found: ProperType) -> bool:
    match found:
        case NoneType() | LiteralType():
            return True
        case UnionType(items=items) | TupleType(items=items):
            return all(_is_plain(get_proper_type(item)) for item in items)
        case Instance(type=info, args=args):
            if info.fullname in _CONTAINERS:
                return all(_is_plain(get_proper_type(argument)) for argument in args)
            return info.fullname in _PLAIN or info.has_base("builtins.BaseException")
    return False


def plugin(version: str) -> type[Plugin]:
    """What mypy calls."""
    return LogValues
