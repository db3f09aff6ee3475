"""The settings reference: every environment variable of every process, from the settings classes."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from cygnet_backend.settings import GeneratorSettings, ScorerSettings
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from cygnet.dedup.settings import DedupSettings
from cygnet.gateway.settings import GatewaySettings
from cygnet.leaderboard.settings import LeaderboardSettings
from cygnet.submission.settings import SubmissionSettings
from cygnet.worker.settings import WorkerSettings
from cygnet_operator.settings import OperatorSettings

CLASSES: tuple[type[BaseSettings], ...] = (
    SubmissionSettings,
    DedupSettings,
    LeaderboardSettings,
    WorkerSettings,
    GatewaySettings,
    OperatorSettings,
)
_ROOT = Path(__file__).parents[3]
_INTRODUCTION = """# Settings reference

Environment variables of each process, read once at its start. The chart and `cygnet up` set them: change the chart's
values (`helm show values`) or the contest document instead where those have what you need. Written from the settings
classes by `make docs`.
"""


def page(root: Path) -> str:
    """Returns the page; nothing is read from `root`, the classes are imported."""
    return "\n".join([_INTRODUCTION, *(line for settings in CLASSES for line in _section(settings)), *_models()])


def _models() -> Iterator[str]:
    """The models inside Triton import nothing of Cygnet, so their settings are plain dataclasses."""
    yield "## triton\n\nRead by the models when they load; the operator and `cygnet up` set the sources.\n"
    for name, settings in (("GENERATOR", GeneratorSettings), ("SCORER", ScorerSettings)):
        words = " ".join((settings.__doc__ or "").partition("Read from")[0].split())
        yield f"{words}\n\n| variable | default |\n|---|---|"
        for field, value in asdict(settings.read({})).items():
            yield f"| `CYGNET_{name}_{field.upper()}` | {'none' if value is None else f'`{value}`'} |"
        yield ""


def _section(settings: type[BaseSettings]) -> Iterator[str]:
    name = settings.__name__.removesuffix("Settings").lower()
    yield f"## {name}\n\n| variable | type | default | |\n|---|---|---|---|"
    prefix = settings.model_config.get("env_prefix", "")
    for field, info in settings.model_fields.items():
        words = " ".join((info.description or "").split()).replace("|", "\\|")
        yield f"| `{prefix}{field.upper()}` | {_type(info)} | {_default(info)} | {words} |"
    yield ""


def _type(info: FieldInfo) -> str:
    if info.annotation is SecretStr:
        return "secret"
    name = getattr(info.annotation, "__name__", "")
    if name == "Literal":
        return ", ".join(f"`{value}`" for value in info.annotation.__args__)  # type: ignore[union-attr]
    bounds = [
        f"{sign} {getattr(each, bound):,}"
        for each in info.metadata
        for sign, bound in (("≥", "ge"), (">", "gt"), ("≤", "le"), ("<", "lt"))
        if getattr(each, bound, None) is not None
    ]
    return " ".join([name, *bounds])


def _default(info: FieldInfo) -> str:
    if info.default is PydanticUndefined:
        return "required" if info.default_factory is None else "computed"
    value = info.default.get_secret_value() if isinstance(info.default, SecretStr) else info.default
    if isinstance(value, Path):
        value = value.relative_to(_ROOT)  # the same page from every checkout
    return f"`{value}`" if value != "" else "empty"
