"""`cygnet doctor`: are the contest's targets fair, or is there an easier way to a score than drawing?"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cygnet.cli.options import Installation, check_addresses, installation_options
from cygnet.local.errors import UserError

if TYPE_CHECKING:
    from cygnet.doctor.examination import Examination


@click.command()
@click.option("--contest", default="", metavar="NAME", help="Which contest.  [default: the only one there is]")
@click.option(
    "--prompt",
    "prompts",
    multiple=True,
    metavar="WORDS",
    help="An honest prompt, to be measured against; may be repeated.  [default: a TARGET]",
)
@click.option("--seeds", type=click.IntRange(1, 50), default=5, show_default=True, help="Drawings for each prompt.")
@click.option(
    "--triton", callback=check_addresses, metavar="HOST:PORT", help="Triton's gRPC port, for a game elsewhere."
)
@click.option("--pictures", metavar="URL", help="Its picture store: file:///… or s3://…")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@installation_options
def doctor(
    contest: str,
    prompts: tuple[str, ...],
    seeds: int,
    triton: str | None,
    pictures: str | None,
    as_json: bool,
    installation: Installation,
) -> None:
    """Try to cheat at every target of a contest, and say which ones can be cheated at.

    Pictures that draw nothing (the target's name, white paper, noise, its colours as a mosaic, its pieces shuffled …)
    are scored as drawings are, and prompts that describe nothing (the name twenty times, everything at once, the name
    as writing) are drawn and scored. An attack succeeds when it comes to two thirds of what honest drawings score, the
    median of some seeds of "a TARGET"; the name twenty times or as writing may well draw the target, and succeeds when
    it gains a fifth.

    A target that is gameable is better replaced: by a picture with more to it, or one that the models know better.
    Where the honest score itself is low, the generator cannot draw the target; see whether --prompt "better words" can.

    Pictures are drawn beside those of players, one at a time: about twenty for each target with 5 seeds. Nothing is
    stored, and no try of anybody is used. Exit status 1 when a target is gameable.

    \b
      cygnet doctor
      cygnet doctor --contest pycon-kr --prompt "a yellow duck on a pond" --json
    """
    from cygnet.doctor.contest import examine_contest
    from cygnet.inference.scoring import NotScorable
    from cygnet.inference.triton import DrawingFailed, TritonUnavailable

    if pictures and not pictures.startswith(("file:///", "s3://")):
        raise click.BadParameter("give file:///PATH or s3://BUCKET/PREFIX", param_hint="--pictures")
    if installation.servers and not (triton and pictures):
        raise UserError("for services elsewhere give --triton and --pictures as well")
    apis = installation.admin_apis()
    address = triton or installation.endpoints().triton
    store = pictures or installation.data_dir.pictures.as_uri()
    try:
        examined = asyncio.run(examine_contest(apis, contest, address, store, prompts, seeds, _progress))
    except (TritonUnavailable, DrawingFailed, NotScorable) as error:
        raise UserError(f"the targets cannot be examined: {error}") from None
    if as_json:
        click.echo(json.dumps({"targets": [_facts(each) for each in examined]}, ensure_ascii=False))
    else:
        click.echo("\n\n".join(map(_report, examined)))
    if any(each.gameable for each in examined):
        raise click.exceptions.Exit(1)


@contextmanager
def _progress(target: str, steps: int) -> Iterator[Callable[[], None]]:
    with click.progressbar(length=steps, label=f"examining {target}", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _report(examination: "Examination") -> str:
    attacks = sorted(examination.tried, key=lambda tried: tried.score / tried.limit if tried.limit else 0, reverse=True)
    successes = [tried for tried in attacks if tried.succeeded]
    verdict = "this target is gameable" if successes else "fair"
    prompts = ", ".join(f'"{prompt}"' for prompt in examination.honest_prompts)
    lines = [f"{examination.target}: {verdict}", f"  {examination.honest:5.1f}  honest drawings ({prompts}), median"]
    if examination.poor:
        lines.append('         That is low: the generator does not draw this target well; try --prompt "better words".')
    lines += [
        f"  {tried.score:5.1f}  {tried.what}{f'  <- succeeds: not below {tried.limit:.1f}' if tried.succeeded else ''}"
        for tried in attacks
    ]
    return "\n".join(lines)


def _facts(examination: "Examination") -> dict[str, object]:
    return {
        "target": examination.target,
        "gameable": examination.gameable,
        "honest": {"prompts": examination.honest_prompts, "score": examination.honest},
        "attacks": [
            {
                "name": tried.attack,
                "what": tried.what,
                "score": tried.score,
                "limit": tried.limit,
                "succeeded": tried.succeeded,
            }
            for tried in examination.tried
        ],
    }
