"""Settings that every process has, and every service. Each adds its own in its `settings.py`, under its own prefix."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProcessSettings(BaseSettings):
    """Read from the environment once, in `__main__`; frozen, and passed on through constructors."""

    model_config = SettingsConfigDict(frozen=True, use_attribute_docstrings=True, extra="ignore")

    metrics_listen: str = "127.0.0.1:0"
    """host:port of the Prometheus endpoint (/metrics)."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level that is logged."""
    log_json: bool = True
    """One JSON object a line; otherwise plain words."""


class ServiceSettings(ProcessSettings):
    """For what serves."""

    listen: str = "127.0.0.1:0"
    """host:port of the service's gRPC port."""
    stop_grace_s: float = Field(default=10.0, gt=0, le=600)
    """Seconds that calls in flight have to end after SIGTERM."""


class RedisSettings(ServiceSettings):
    """For services that keep state."""

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """Where Redis is: redis://, rediss:// or unix://. Secret, because it may hold a password."""


class InstallationSettings(RedisSettings):
    """For services that answer others of the same installation."""

    installation_keys: SecretStr
    """Keys by which workloads of one installation know each other, "kid:secret" separated by commas; secrets of 32
    characters and more. The first signs, all verify: to rotate, add one at the end, put it first, drop the old one, and
    let all services start again after each step."""


class AdminSettings(InstallationSettings):
    """For services that receive contest documents."""

    admin_listen: str = "127.0.0.1:0"
    """host:port of the admin API; never routed to players."""
    admin_token: SecretStr
    """Bearer token of the admin API, at least 32 characters."""
