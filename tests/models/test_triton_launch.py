"""How one machine starts Triton: everything that can be said about it without starting it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cygnet.local.triton import (
    LoadProgress,
    TritonInstallation,
    TritonLaunch,
    TritonNotInstalled,
    clean_shared_memory,
    find_installation,
    kill_strays,
    plan_launch,
    prepare_backend,
    read_progress,
    shm_prefix,
)

INSTALLATION = TritonInstallation(
    server=Path("/site/bin/tritonserver"),
    libraries=Path("/site/libs"),
    backend=Path("/site/backends/python"),
    stub=Path("/site/stubs/triton_python_backend_stub"),
    python=Path("/venv/bin/python"),
    libpython=Path("/python/lib"),
)


def launch(data_dir: Path, environment: dict[str, str] | None = None) -> TritonLaunch:
    return plan_launch(
        INSTALLATION,
        data_dir=data_dir,
        models=Path("/cygnet/triton_models"),
        grpc_url="unix:/data/run/triton.sock:1",
        metrics_port=8002,
        environment=environment or {},
        generator="hf://org/generator",
    )


def test_it_loads_our_models_and_none_that_lie_beside_them(tmp_path: Path) -> None:
    argv = launch(tmp_path).argv
    assert argv[:2] == ("/site/bin/tritonserver", "--model-repository=/cygnet/triton_models")
    assert "--model-control-mode=explicit" in argv
    assert [argument for argument in argv if argument.startswith("--load-model")] == [
        "--load-model=diffusion",
        "--load-model=scorer",
        "--load-model=draw_and_score",
    ]


def test_its_apis_are_in_a_private_folder_and_its_metrics_alone_on_a_port(tmp_path: Path) -> None:
    plan = launch(tmp_path)
    listens = {"--grpc-address=unix:/data/run/triton.sock", "--grpc-port=1", "--metrics-address=127.0.0.1"}
    assert listens | {"--allow-http=false"} <= set(plan.argv)
    assert (plan.grpc_url, plan.metrics_url) == ("unix:/data/run/triton.sock:1", "http://127.0.0.1:8002/metrics")


def test_the_environment_finds_libraries_python_and_sources(tmp_path: Path) -> None:
    env = launch(tmp_path, {"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/opt/lib", "HF_HOME": "/hub"}).env
    assert env["LD_LIBRARY_PATH"] == "/site/libs:/python/lib:/opt/lib"
    assert env["PATH"] == "/venv/bin:/usr/bin"
    assert env["CYGNET_GENERATOR_SOURCE"] == "hf://org/generator"
    assert env["CYGNET_SCORER_SOURCE"] == "builtin://cygnet-clip"
    assert env["OMP_WAIT_POLICY"] == "PASSIVE"
    assert env["HF_HOME"] == "/hub"


def test_planning_writes_nothing(tmp_path: Path) -> None:
    launch(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_the_backend_is_links_and_can_be_prepared_again(tmp_path: Path) -> None:
    installation = find_installation()
    for _ in range(2):
        prepare_backend(installation, tmp_path)
    folder = tmp_path / "triton" / "backends" / "python"
    assert f"--backend-directory={folder.parent}" in launch(tmp_path).argv
    assert (folder / "triton_python_backend_stub").resolve() == installation.stub.resolve()
    assert (folder / "libtriton_python.so").resolve() == (installation.backend / "libtriton_python.so").resolve()
    assert all(entry.is_symlink() for entry in folder.iterdir())


def test_each_data_folder_has_a_prefix_of_its_own(tmp_path: Path) -> None:
    one, other = shm_prefix(tmp_path / "one"), shm_prefix(tmp_path / "other")
    assert one == shm_prefix(tmp_path / "one") != other
    assert f"--backend-config=python,shm-region-prefix-name={one}" in launch(tmp_path / "one").argv


def test_a_missing_server_is_reported_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(TritonNotInstalled, match="cygnet\\[local\\]"):
        find_installation(tmp_path)


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        (
            'I1121 09:26:13.910885 12325 model.py:86] "cygnet load diffusion: warming up"\n',
            LoadProgress("diffusion", "warming up"),
        ),
        (
            "E1121 09:25:36.106388 12142 model_lifecycle.cc:642] \"failed to load 'scorer' version 1: Internal: "
            'ValueError: there is no folder\\n\\nAt:\\n  /embedder.py(39)"\n',
            LoadProgress("scorer", "Internal: ValueError: there is no folder", failed=True),
        ),
        ("I1121 09:26:13.998442 12325 model_lifecycle.cc:839] \"successfully loaded 'diffusion'\"\n", None),
        ("\n", None),
    ],
)
def test_progress_is_read_from_the_log(line: str, progress: LoadProgress | None) -> None:
    assert read_progress(line) == progress


def test_only_our_shared_memory_is_removed(tmp_path: Path) -> None:
    for name in ("cygnet-abc-1", "cygnet-abc-2", "cygnet-abd-1", "other"):
        (tmp_path / name).touch()
    assert clean_shared_memory("cygnet-abc-", tmp_path) == ["cygnet-abc-1", "cygnet-abc-2"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["cygnet-abd-1", "other"]


@pytest.mark.parametrize("prefix", ["", "cygnet-", "psm_"])
def test_a_prefix_that_others_share_is_refused(tmp_path: Path, prefix: str) -> None:
    with pytest.raises(ValueError, match="belongs to others"):
        clean_shared_memory(prefix, tmp_path)


def test_strays_are_killed_and_bystanders_are_not(tmp_path: Path) -> None:
    """A stub that outlived its server; a process that merely mentions the prefix, as an editor or grep would."""
    prefix = shm_prefix(tmp_path)
    program = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", f"{prefix}1"]
    stray, bystander = [
        subprocess.Popen([name, *program[1:]], executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in ("/backends/triton_python_backend_stub", "grep")
    ]
    try:
        for process in (stray, bystander):
            assert process.stdout is not None
            assert process.stdout.readline()  # it runs under its own name
        assert kill_strays(prefix) == [stray.pid]
        assert stray.wait() == -signal.SIGKILL
        assert bystander.poll() is None
        assert kill_strays(prefix) == []
    finally:
        for process in (stray, bystander):
            process.kill()
            process.communicate()


def test_the_real_plan_names_files_that_exist(tmp_path: Path) -> None:
    installation = find_installation()
    assert installation.server.is_file()
    assert os.access(installation.server, os.X_OK)
    assert (installation.libpython / f"libpython{sys.version_info[0]}.{sys.version_info[1]}.so.1.0").exists()
