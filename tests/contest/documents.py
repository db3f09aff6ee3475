"""Contest documents, good and bad, that `cygnet apply` and a real API server must agree on.

A bad one says in its first line what both must answer: `# refused: WORDS`. Where the API server cannot know, because
kubectl sends it JSON, a second line says what it answers: `# by kubectl: WORDS`.
"""

from pathlib import Path

_FOLDER = Path(__file__).parent / "corpus"
EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.yaml"))
GOOD = [*sorted((_FOLDER / "good").glob("*.yaml")), *EXAMPLES]
BAD = sorted((_FOLDER / "bad").glob("*.yaml"))


def refusal(path: Path) -> str:
    """Returns the words with which a bad document is refused."""
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# refused: ")


def answer_of_kubectl(path: Path) -> str:
    """Returns what kubectl prints for a bad document."""
    second = path.read_text(encoding="utf-8").splitlines()[1]
    return second.removeprefix("# by kubectl: ") if second.startswith("# by kubectl: ") else refusal(path)
