"""Takes CUDA out of a torch that runs on CPUs alone: 3.4 GB. Does nothing where torch was built without CUDA.

python drop-cuda.py SITE_PACKAGES. Torch's libraries name NVIDIA's as needed, so they do not load without them; but
without a GPU none of their functions is ever called. Each is replaced by a library of the same name and symbol
versions whose functions only return an error. libcudart stays: torch registers its kernels with it while loading.
"""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

NVIDIA = re.compile(r"lib(cu|nv|nccl)")
FUNCTION = re.compile(r"cu[A-Z]|(cublas|cudnn|cufft|cusparse|cusolver|curand|nccl|nvrtc|cupti|nvshmem)")


def main(packages: Path) -> None:
    """Replaces the libraries, and removes what only a GPU uses."""
    libraries = packages / "torch" / "lib"
    if not (libraries / "libtorch_cuda.so").exists():
        print("torch was built without CUDA: nothing to drop")
        return
    before = _size(packages)
    (libraries / "libtorch_cuda_linalg.so").unlink()  # loaded when the first matrix on a GPU is decomposed
    needed, versions, symbols = _asked_for(libraries)
    (runtime,) = packages.glob("nvidia/**/libcudart.so.*")
    shutil.copy(runtime, libraries)
    for name in needed - {runtime.name}:
        functions = {version: symbols[version] for version in versions[name]}
        if name.startswith("libnccl"):  # one place is enough for functions without a version
            functions[""] = {symbol for symbol in symbols[""] if FUNCTION.match(symbol)}
        _build(libraries / name, functions)
    # The wheels' records would name files that are gone; what depends on them is torch alone.
    for gone in [packages / "nvidia", packages / "triton", *packages.glob("nvidia_*"), *packages.glob("triton-*")]:
        shutil.rmtree(gone)
    print(f"dropped CUDA: {before - _size(packages):,} of {before:,} bytes")


def _asked_for(libraries: Path) -> tuple[set[str], dict[str, set[str]], dict[str, set[str]]]:
    """Returns the NVIDIA libraries that are needed, each one's symbol versions, and each version's functions."""
    needed: set[str] = set()
    versions: dict[str, set[str]] = defaultdict(set)
    symbols: dict[str, set[str]] = defaultdict(set)
    for library in libraries.glob("*.so*"):
        needed |= {name for name in re.findall(r"NEEDED.*\[(.*)\]", _readelf("-d", library)) if NVIDIA.match(name)}
        file = ""
        for line in _readelf("-V", library).splitlines():
            if found := re.search(r"File: (\S+)", line):
                file = found[1]
            elif found := re.search(r"Name: (\S+) +Flags", line):
                versions[file].add(found[1])
        for line in _readelf("--dyn-syms", library).splitlines():
            fields = line.split()
            if len(fields) >= 8 and fields[6] == "UND":
                symbol, _, version = fields[7].partition("@")
                symbols[version].add(symbol)
    return needed, versions, symbols


def _build(library: Path, functions: dict[str, set[str]]) -> None:
    source, script = library.with_suffix(".c"), library.with_suffix(".map")
    source.write_text(
        "".join(f"int {name}(void) {{ return 1; }}\n" for name in sorted(set().union(*functions.values())))
    )
    named = {version: names for version, names in functions.items() if version}
    script.write_text(
        "".join(
            f"{version} {{ global: {' '.join(f'{n};' for n in sorted(names))} }};\n" for version, names in named.items()
        )
    )
    versioned = [f"-Wl,--version-script={script}"] if named else []
    subprocess.run(
        ["gcc", "-shared", "-nostdlib", source, f"-Wl,-soname,{library.name}", *versioned, "-o", library], check=True
    )
    source.unlink()
    script.unlink()


def _readelf(what: str, library: Path) -> str:
    done = subprocess.run(["readelf", "-W", what, library], capture_output=True, text=True, check=True)
    return done.stdout


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
