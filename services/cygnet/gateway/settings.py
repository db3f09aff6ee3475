"""What can be set from outside."""

import re
from pathlib import Path

from pydantic import field_validator
from pydantic_settings import SettingsConfigDict

from cygnet.gateway.addresses import is_base_url
from cygnet.platform.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """Settings of the gateway. `listen` is its HTTP port."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_GATEWAY_")

    pictures_url: str
    """Where pictures are stored: file:///path or s3://bucket/prefix. Only read here."""
    page_dir: Path = Path(__file__).parent / "page" / "dist"
    """The folder of the built page."""
    public_url: str = ""
    """How phones reach this installation, as https://cygnet.example; QR codes lead there. Empty: the address by which
    the browser that asks reached us."""

    captcha_providers: str = ""
    """Whose widgets the page may load, separated by commas: turnstile, hcaptcha, or where a Cap is, as https://cap.example.
    Empty: nothing of anybody else's."""

    @field_validator("captcha_providers")
    @classmethod
    def _are_providers(cls, value: str) -> str:
        for each in filter(None, value.split(",")):
            if not re.fullmatch(r"turnstile|hcaptcha|https://[a-z0-9.-]+(:[0-9]+)?", each):
                raise ValueError("write turnstile, hcaptcha or https://cap.example, separated by commas")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value and not is_base_url(value):
            raise ValueError("write it as https://host or http://host:port, without a path")
        return value.rstrip("/")
