"""What is committed for the page can be built by anybody, and fits the contract."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "services/cygnet/gateway/page"


def test_the_generated_code_fits_the_contract() -> None:
    if shutil.which("npm") is None or not (PAGE / "node_modules").is_dir():
        pytest.skip("the page's packages are not installed (npm ci)")
    checked = subprocess.run(["npm", "run", "--silent", "gen:check"], cwd=PAGE, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_lock_file_names_no_download_hosts() -> None:
    packages = json.loads((PAGE / "package-lock.json").read_text())["packages"]
    assert len(packages) > 10
    assert [name for name, package in packages.items() if "resolved" in package] == []
