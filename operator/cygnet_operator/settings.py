"""What can be set from outside."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from cygnet.platform.settings import ProcessSettings


class OperatorSettings(ProcessSettings):
    """Settings of the operator."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_OPERATOR_")

    namespace: str = ""
    """The namespace whose contests are looked after; empty means that of the kube context or service account."""
    installation_keys: SecretStr
    """Keys by which workloads of the installation know each other, as its services have them."""
    worker_keys_secret: str = "cygnet-worker-keys"
    """A Secret that is there; the operator puts each contest's key into it, which that contest's workers sign with."""
    triton_image: str = "cygnet-triton:0.1.0"
    """The image of the models' server, model repository included."""
    worker_image: str = "cygnet:0.1.0"
    """The image of the services; the worker and the model fetcher run from it."""
    image_pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
    """As in a pod."""
    image_pull_secrets: str = ""
    """Names of pull secrets for replicas, separated by commas."""
    model_repository: str = "/opt/cygnet/triton_models"
    """Where the model repository lies in the Triton image."""
    model_start_timeout_s: int = Field(default=1200, ge=30, le=7200)
    """A replica's models may take so many seconds to load before it is started again; a hub model is large."""
    shared_memory: str = "1Gi"
    """Size of each replica's memory-backed /dev/shm, through which Triton and its models talk."""
    model_cache: str = "20Gi"
    """Largest size of the folder that models from a hub or an object store are downloaded to."""
    model_credentials_secret: str = ""
    """A Secret whose keys become environment variables where models are fetched (HF_TOKEN, AWS_ACCESS_KEY_ID, …)."""
    dedup_address: str = "cygnet-dedup:8000"
    """host:port of the dedup service, from where workers claim jobs, and which counts what the status shows."""
    pictures_url: str = "file:///pictures"
    """Where workers store pictures: file:///path or s3://bucket/prefix."""
    pictures_port: int = Field(default=443, ge=1, le=65535)
    """The port of that bucket, for replicas' network policies."""
    pictures_claim: str = ""
    """A PersistentVolumeClaim, mounted at the path of a file:// `pictures_url`."""
    worker_credentials_secret: str = ""
    """A Secret whose keys become environment variables of workers (the picture store's AWS_*)."""
    public_url: str = ""
    """Where people play, as https://play.example.org; shown in the status. Empty: not shown."""
    leaderboard_address: str = ""
    """host:port of the leaderboard service, for the leader in the status. Empty: the status shows no counts at all."""
    prometheus_url: str = ""
    """Prometheus, as KEDA reaches it. Empty: autoscaling uses an HPA with an external metric."""
    health_listen: str = "127.0.0.1:8081"
    """host:port of the liveness endpoint, /healthz."""
    resync_s: float = Field(default=600.0, ge=1, le=86_400)
    """Everything is looked at again so often, in seconds, whether or not any change was seen."""
    statistics_s: float = Field(default=15.0, ge=1, le=3600)
    """Counts in the status are refreshed at most so often, in seconds, while a contest is open."""
    workers: int = Field(default=4, ge=1, le=64)
    """So many contests are reconciled at a time."""
    acknowledge_s: float = Field(default=2.0, gt=0, le=60)
    """Replicas of the services have so many seconds to acknowledge a document before the status says who has not."""
