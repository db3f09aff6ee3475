"""What can be set from outside."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from cygnet.platform.settings import AdminSettings


class SubmissionSettings(AdminSettings):
    """Settings of the submission service."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_SUBMISSION_")

    dedup_address: str
    """host:port of the dedup service."""
    pictures_url: str
    """Where pictures are stored: file:///path or s3://bucket/prefix. Applying a contest puts its targets there."""
    record_socket: str = ""
    """The datagram socket of a recording, which is told of every request for a drawing; default none."""
    session_keys: SecretStr
    """Keys of session tokens, "kid:secret" separated by commas; secrets of 32 characters and more. The first signs,
    all verify: to rotate, put a new one in front and drop the last after the sessions' lifetime."""
