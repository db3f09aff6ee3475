"""Settings of the dedup service."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from cygnet.platform.settings import RedisSettings


class DedupSettings(RedisSettings):
    """Read from CYGNET_DEDUP_…; limits that organisers change live in the contest document instead."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_DEDUP_")

    leaderboard_address: str
    """host:port of the leaderboard's gRPC port, where scores are sent."""
    submit_every_ms: int = Field(default=500, ge=1, le=60_000)
    """Every participant may send one submission of any kind every so many milliseconds; default 500."""
    submit_burst: int = Field(default=10, ge=1, le=1_000)
    """So many of them at once after a pause; default 10."""
    lease_ms: int = Field(default=10_000, ge=100, le=600_000)
    """A job is taken away from a worker that was silent for so many milliseconds; default 10,000."""
    model_away_ms: int = Field(default=30_000, ge=100, le=3_600_000)
    """A model for whose work no worker asked for so many milliseconds counts as gone; default 30,000. Other models then
    draw its jobs; a job of a model that was never served fails (MODEL_NOT_SERVED) after that time."""
    lease_losses: int = Field(default=3, ge=1, le=100)
    """A job fails (WORKER_LOST) when so many of its leases ran out; default 3."""
