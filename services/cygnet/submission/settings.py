"""What can be set from outside."""

import re

from pydantic import SecretStr, field_validator
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
    captcha_secrets: SecretStr = SecretStr("")
    """Secrets of captcha providers (spec.admission.captcha), "site key:secret" separated by commas; empty: none is
    used."""

    @field_validator("captcha_secrets")
    @classmethod
    def _are_secrets(cls, value: SecretStr) -> SecretStr:
        parse_secrets(value.get_secret_value())
        return value


def parse_secrets(text: str) -> dict[str, str]:
    """Reads "site key:secret[,site key:secret]".

    Raises:
        ValueError: it is something else; its words do not repeat it.
    """
    secrets: dict[str, str] = {}
    for each in filter(None, text.split(",")):
        site_key, _, secret = each.strip().partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", site_key) or not secret or site_key in secrets:
            raise ValueError('captcha secrets are "site key:secret", separated by commas')
        secrets[site_key] = secret
    return secrets
