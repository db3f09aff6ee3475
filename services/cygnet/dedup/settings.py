"""Settings of the dedup service."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from cygnet.platform.settings import InstallationSettings


class DedupSettings(InstallationSettings):
    """Read from CYGNET_DEDUP_…; limits that organisers change live in the contest document instead."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_DEDUP_")

    leaderboard_address: str
    """host:port of the leaderboard's gRPC port, where scores are sent."""
    submit_every_ms: int = Field(default=500, ge=1, le=60_000)
    """Milliseconds between two submissions of a participant, of whatever kind; default 500."""
    submit_burst: int = Field(default=10, ge=1, le=1_000)
    """Submissions that a participant may send at once after a pause; default 10."""
    lease_ms: int = Field(default=10_000, ge=100, le=600_000)
    """Milliseconds without a heartbeat after which a worker loses its job; default 10,000."""
    model_away_ms: int = Field(default=30_000, ge=100, le=3_600_000)
    """Milliseconds after which a model that no worker polled for counts as gone; default 30,000. Other models
    then draw its jobs; a job of a model that was never served fails (MODEL_NOT_SERVED) after that time."""
    lease_losses: int = Field(default=3, ge=1, le=100)
    """Leases of one job that may run out before it fails (WORKER_LOST); default 3."""
