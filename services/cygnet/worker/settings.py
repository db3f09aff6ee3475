"""What can be set from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from cygnet.platform.settings import ServiceSettings


class WorkerSettings(ServiceSettings):
    """Settings of the worker. `listen` serves health alone; `stop_grace_s` is the time to finish a drawing in hand."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_WORKER_")

    dedup_address: str
    """host:port of the dedup service, which hands out jobs."""
    workload_key_file: Path
    """A file with the key that this worker signs its calls with; read again for each new token. It lets its holder work
    for one contest, or for all."""
    triton_address: str
    """host:port of the Triton replica's gRPC port. One worker belongs to one replica."""
    pictures_url: str
    """Where pictures are stored: file:///path or s3://bucket/prefix."""
    contest: str = ""
    """Only jobs of this contest; empty, the default, means any."""
    concurrency: int = Field(default=1, ge=1, le=64)
    """Jobs in hand at a time, so the most that this worker has in Triton's queue; default 1."""
    claim_wait_s: float = Field(default=10.0, gt=0, le=30)
    """How long one claim waits for a job, in seconds; default 10."""
    patience_s: float = Field(default=60.0, gt=0, le=600)
    """How long one drawing may take until Triton counts as away, in seconds; default 60."""
