"""Small disks that a test can fill: the kernel answers as it does when the real one is full."""

import subprocess
from pathlib import Path

_FILLER = "filler"


class SmallDisk:
    """A file system in memory, mounted on a folder. Needs root."""

    def __init__(self, folder: Path, mib: int) -> None:
        """Raises OSError where this user may not mount."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0700", "cygnet-test", str(folder)]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode:
            raise OSError(mounted.stderr.strip() or "mount failed")

    def fill(self) -> None:
        """Leaves not one byte."""
        with (self._folder / _FILLER).open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def free(self) -> None:
        """Gives back what `fill` took."""
        (self._folder / _FILLER).unlink(missing_ok=True)

    def unmount(self) -> None:
        """Takes the file system away with what is on it."""
        subprocess.run(["umount", "--lazy", str(self._folder)], check=True)
