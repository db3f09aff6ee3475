"""A real Prometheus for a test: Debian's package, or any other binary on PATH."""

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..ports import free_port
from ..waiting import wait_for
from .expressions import RULES

SCRAPE_S = 1


def program(name: str) -> str:
    """Where prometheus or promtool is; skips the test where it is not."""
    if (path := shutil.which(name)) is None:
        pytest.skip(f"{name} is not installed (Debian's package `prometheus` has it)")
    return path


@dataclass(frozen=True)
class Sample:
    """One value of an answer."""

    labels: dict[str, str]
    value: float


class Prometheus:
    """A running server."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self._log = url, log

    def query(self, expr: str, at: float | None = None) -> list[Sample]:
        """Returns the answer of now, or of a moment, without what is no number. What does not parse fails the test."""
        data = self._get("query", query=expr, **({"time": f"{at}"} if at else {}))
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        samples = [Sample(found["metric"], float(found["value"][1])) for found in data["result"]]
        return [sample for sample in samples if sample.value == sample.value]

    def range(self, expr: str, start: float, end: float, step_s: float) -> list[tuple[dict[str, str], list[list[Any]]]]:
        """Returns [time, value] pairs by series."""
        data = self._get("query_range", query=expr, start=f"{start}", end=f"{end}", step=f"{step_s}")
        return [(found["metric"], found["values"]) for found in data["result"]]

    def series(self, selector: str) -> list[dict[str, str]]:
        """Returns the labels of every series that was scraped."""
        return list(self._get("series", **{"match[]": selector}))

    def targets_up(self) -> dict[str, str]:
        """Returns what is wrong with each target, by job; nothing for one that was scraped."""
        return {target["labels"]["job"]: target["lastError"] or target["health"] for target in self._targets()}

    def alerts(self) -> set[tuple[str, str]]:
        """Returns (alert, contest) of what is pending or firing."""
        found = self._get("alerts")["alerts"]
        return {(alert["labels"]["alertname"], alert["labels"].get("contest", "")) for alert in found}

    def _targets(self) -> list[dict[str, Any]]:
        return list(self._get("targets")["activeTargets"])

    def _get(self, what: str, **parameters: str) -> Any:
        url = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            pytest.fail(f"{parameters.get('query', what)}\n{error.read().decode()}", pytrace=False)


@contextmanager
def running(folder: Path, targets: Mapping[str, str]) -> Iterator[Prometheus]:
    """Runs a Prometheus that scrapes `targets` (URLs by job) every second, with the project's rules."""
    server = program("prometheus")
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        group["interval"] = f"{SCRAPE_S}s"
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    (folder / "prometheus.yaml").write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": f"{SCRAPE_S}s", "scrape_timeout": f"{SCRAPE_S}s"},
                "rule_files": ["rules.yaml"],
                "scrape_configs": [_job(name, url) for name, url in targets.items()],
            }
        )
    )
    address = f"127.0.0.1:{free_port()}"
    command = [
        server,
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    log = folder / "prometheus.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        _wait_until_ready(f"http://{address}", process, log)
        yield Prometheus(f"http://{address}", log)
    finally:
        process.kill()  # nothing of its data is needed
        process.wait()


def _job(name: str, url: str) -> dict[str, Any]:
    parts = urllib.parse.urlsplit(url)
    return {"job_name": name, "metrics_path": parts.path, "static_configs": [{"targets": [parts.netloc]}]}


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    def ready() -> bool:
        if process.poll() is not None:
            pytest.fail(f"prometheus did not start:\n{log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    wait_for(ready, what="prometheus")
