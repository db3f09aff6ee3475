"""The repository keeps its shape: what lies where, what is generated is current, and nothing names a download host."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {
    ".ci",
    ".dockerignore",
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "constraints.txt",
    "docs",
    "helm",
    "operator",
    "proto",
    "pyproject.toml",
    "services",
    "tests",
    "triton_models",
}
LONGEST_FILE = 400


def tracked() -> list[str]:
    """The files that git knows; skips where this is no checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [name for name in done.stdout.decode().split("\0") if name and (ROOT / name).exists()]


def test_source_roots_are_no_packages() -> None:
    """operator/__init__.py would shadow the standard library's module, and break even pytest."""
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert not (ROOT / "services" / "__init__.py").exists()
    import operator

    assert "cygnet" not in str(operator.__file__)


def test_nothing_new_at_the_top() -> None:
    assert {name.partition("/")[0] for name in tracked()} <= TOP_LEVEL


def test_generated_code_is_current(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed")
    plugin = Path(sys.executable).parent / "protoc-gen-mypy_grpc"
    if not plugin.exists():
        pytest.skip("mypy-protobuf is not installed")
    protos = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    outs = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python", "mypy_grpc")]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"--plugin={plugin}", *outs, *protos]
    subprocess.run(command, check=True)
    made = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*_pb2*.py*")}
    services = ROOT / "services"
    kept = {str(path.relative_to(services)): path.read_text() for path in services.rglob("*_pb2*.py*")}
    assert made.keys() == kept.keys(), "run `make proto`, and commit or remove what it changed"
    assert [name for name in made if made[name] != kept[name]] == [], "run `make proto`"


def test_the_lock_names_versions_and_no_addresses() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) > 50
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9._-]+==[\w.+!]+( ;.*)?", line)] == []


def test_every_dependency_is_locked() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(line for lines in project["optional-dependencies"].values() for line in lines),
    ]
    names = {re.split(r"[\[<>=! ;~]", line, maxsplit=1)[0].lower().replace("_", "-") for line in wanted} - {"cygnet"}
    locked = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert names - locked == set(), "run `make lock`"


def test_the_pages_lock_has_no_addresses() -> None:
    page = ROOT / "services/cygnet/gateway/page"
    assert "omit-lockfile-registry-resolved=true" in (page / ".npmrc").read_text()
    packages = json.loads((page / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_pages_lock_is_whole() -> None:
    """Without the packages for other platforms, which npm leaves out where it cannot find them, `npm ci` fails."""
    lock = json.loads((ROOT / "services/cygnet/gateway/page/package-lock.json").read_text())["packages"]
    wanted = {dep for package in lock.values() for dep in package.get("optionalDependencies", {})}
    locked = {name.rpartition("node_modules/")[2] for name in lock}
    assert sorted(wanted - locked) == []


def test_no_file_of_code_is_too_long_to_read() -> None:
    roots = ("services/cygnet/", "operator/", "triton_models/")
    code = [n for n in tracked() if n.startswith(roots) and n.endswith((".py", ".lua")) and "_pb2" not in n]
    long = {name: count for name in code if (count := len((ROOT / name).read_text().splitlines())) > LONGEST_FILE}
    assert long == {}


def test_every_module_says_why_it_exists() -> None:
    import ast

    code = [n for n in tracked() if n.startswith(("services/cygnet/", "operator/")) and n.endswith(".py")]
    silent = [n for n in code if "_pb2" not in n and ast.get_docstring(ast.parse((ROOT / n).read_text())) is None]
    assert silent == []


def test_no_absolute_path_of_a_developers_machine() -> None:
    # In two parts, so that this file does not find itself.
    suspects = re.compile("|".join(("/wo" + "rk/", "/ho" + r"me/(?!\$)\w", "/ro" + r"ot/\w")))
    found = []
    for name in tracked():
        path = ROOT / name
        if path.suffix in (".png", ".safetensors", ".woff2", ".gz", ".zip") or path.is_symlink():
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{name}: {match.group()}" for match in suspects.finditer(text)]
    assert found == []


def test_what_the_documents_tell_to_make_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    documented = {target for path in documents for target in re.findall(r"`make ([a-z-]+)", path.read_text())}
    documented |= set(re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert documented and documented <= targets


def test_scripts_can_be_run() -> None:
    for name in (".ci/run", ".ci/setup-venv"):
        assert (ROOT / name).stat().st_mode & stat.S_IXUSR


def test_tests_that_share_servers_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    """pytest-xdist carries the groups in node ids; beside some releases of pytest they get lost without a word."""
    assert "@" in request.node.nodeid or not request.config.getoption("loadgroup", False)
