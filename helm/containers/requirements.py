"""Prints what the distribution needs, from pyproject.toml in this folder: the core, or only an extra's own lines.

python requirements.py [EXTRA]. A layer of dependencies then stays as it is while the code changes.
"""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
lines = project["optional-dependencies"][sys.argv[1]] if len(sys.argv) > 1 else project["dependencies"]
print("\n".join(line for line in lines if not line.startswith("cygnet[")))
