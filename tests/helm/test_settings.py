"""Every variable that the chart sets is one that the program reads: a misspelt one would be ignored in silence."""

from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from cygnet.dedup.settings import DedupSettings
from cygnet.gateway.envoy import EnvoySettings
from cygnet.gateway.envoy import render as envoy_configuration
from cygnet.gateway.settings import GatewaySettings
from cygnet.leaderboard.settings import LeaderboardSettings
from cygnet.submission.settings import SubmissionSettings
from cygnet_operator.settings import OperatorSettings

from .matrix import INSTALLATIONS
from .rendering import containers, pod_templates, render

SETTINGS: dict[str, type[BaseSettings]] = {
    "submission": SubmissionSettings,
    "dedup": DedupSettings,
    "leaderboard": LeaderboardSettings,
    "gateway": GatewaySettings,
    "operator": OperatorSettings,
    "prepare-envoy": EnvoySettings,
}


@pytest.mark.parametrize("values", INSTALLATIONS.values(), ids=INSTALLATIONS.keys())
def test_programs_read_what_the_chart_sets(values: dict[str, Any]) -> None:
    for template in pod_templates(render(values)).values():
        for container in containers(template):
            if container["name"] in SETTINGS:
                kind = SETTINGS[container["name"]]
                prefix = kind.model_config["env_prefix"]
                given = {
                    e["name"].removeprefix(prefix).lower() for e in container["env"] if e["name"].startswith(prefix)
                }
                assert given <= kind.model_fields.keys()
                needed = {name for name, field in kind.model_fields.items() if field.is_required()}
                assert needed <= given, f"{container['name']} does not start without {needed - given}"


def test_envoy_is_configured_from_the_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    (init,) = pod_templates(render({}))["cygnet-gateway"]["spec"]["initContainers"]
    for variable in init["env"]:
        secret = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("key") == "session-keys"
        monkeypatch.setenv(variable["name"], "k1:" + "s" * 40 if secret else variable["value"])
    written = yaml.safe_load(envoy_configuration(EnvoySettings()))
    clusters = {c["name"]: c["load_assignment"] for c in written["static_resources"]["clusters"]}
    assert "'cygnet-submission'" in str(clusters["submission"])
    assert "'cygnet-leaderboard'" in str(clusters["leaderboard"])
    assert "pipe" in written["admin"]["address"], "the admin API can stop Envoy"
