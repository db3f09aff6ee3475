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
    help="An honest prompt, to be measured against; may be repeated.  [default: the target's description, or a TARGET]",
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
    """Try to cheat at every target of a contest, and see whether effort pays.

    Pictures that draw nothing (the target's name, white paper, noise, its colours as a mosaic, its pieces shuffled …)
    are scored as drawings are, and prompts that describe nothing (the name twenty times, everything at once, the name
    as writing) are drawn and scored. An attack succeeds when it comes to two thirds of what honest drawings score, the
    median of some seeds of the target's description; the name twenty times or as writing may well draw the target, and
    succeeds when it gains a fifth.

    Then the description (spec.targets[].description) is drawn part by part: the noun alone, with its colour, with its
    place, and so on. Effort pays where the noun alone gets less than 25 points and each part adds 8 or more.

    What to do is said with each finding. A target that is gameable is better replaced: by a picture with more to it, or
    one that the models know better. Where the honest score itself is low, the generator cannot draw the target; see
    whether --prompt "better words" can.

    Pictures are drawn beside those of players, one at a time: about forty for each target with 5 seeds. Nothing is
    stored, and no try of anybody is used. Exit status 1 when a target is gameable, too hard, or does not reward effort.

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
    if any(each.gameable or each.poor or not each.effort_pays for each in examined):
        raise click.exceptions.Exit(1)


@contextmanager
def _progress(target: str, steps: int) -> Iterator[Callable[[], None]]:
    with click.progressbar(length=steps, label=f"examining {target}", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _report(examination: "Examination") -> str:
    attacks = sorted(examination.tried, key=lambda tried: tried.score / tried.limit, reverse=True)
    prompts = ", ".join(f'"{prompt}"' for prompt in examination.honest_prompts)
    lines = [
        f"{examination.target}: {_verdict(examination)}",
        f"  {examination.honest:5.1f}  honest drawings ({prompts}), median",
    ]
    if examination.poor:
        lines.append(
            '         That is low: the generator does not draw this target well; try --prompt "better words", or choose'
            " a target in a style that it draws."
        )
    lines += [
        f"  {tried.score:5.1f}  {tried.what}{f'  <- succeeds: {tried.limit:.1f} or more' if tried.succeeded else ''}"
        for tried in attacks
    ]
    return "\n".join([*lines, *_effort(examination)])


def _verdict(examination: "Examination") -> str:
    if examination.gameable:
        return "this target is gameable"
    if examination.poor:
        return "too hard for the generator"
    if not examination.effort_pays:
        return "effort does not always pay"
    return "fair, and effort pays" if examination.ladder else "fair"


def _effort(examination: "Examination") -> list[str]:
    ladder = examination.ladder
    if not ladder:
        return [
            "  Whether effort pays is not known: give spec.targets[].description, what the picture shows, in words",
            "  that the generator knows (it needs a vocabulary).",
        ]
    lines = ["  Does effort pay? Each part said, median:"]
    lines += [f"  {rung.score:5.1f}  {rung.gain:+5.1f}  {rung.caption}{'' if rung.pays else '  <-'}" for rung in ladder]
    first, *others = ladder
    if not first.pays:
        lines.append(
            f'  "{first.caption}" alone is worth {first.score:.0f}: choose a picture that needs more words, with'
            " another colour, place or pose than is usual."
        )
    for before, rung in zip(ladder, others, strict=False):
        if not rung.pays:
            lines.append(
                f'  From "{before.caption}" to "{rung.caption}" gains {rung.gain:.1f}, less than 8: choose a picture'
                " that shows this more clearly, or leave it out of the description."
            )
    if not others:
        lines.append("  The description says one thing only: describe colour, place and what else there is.")
    return lines


def _facts(examination: "Examination") -> dict[str, object]:
    return {
        "target": examination.target,
        "gameable": examination.gameable,
        "honest": {"prompts": examination.honest_prompts, "score": examination.honest},
        "poor": examination.poor,
        "effort": {
            "pays": examination.effort_pays if examination.ladder else None,
            "ladder": [
                {"caption": rung.caption, "score": rung.score, "pays": rung.pays} for rung in examination.ladder
            ],
        },
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
