// Says whether the contest takes prompts: before anybody writes one in vain.
import { countdown, freezeOf, isBeforeFirst, type Opening } from "../game/opening";
import { type Contest, ContestPhase } from "../gen/cygnet/v1/contest_pb";
import type { Words } from "../text/en";
import { words } from "../text/language";
import { useNow } from "./time";

interface Props {
  contest: Contest;
  opening: Opening;
}

/** What everybody should know about the contest's state; nothing while it is simply open. */
export function OpeningWords({ contest, opening }: Props) {
  const text = words.value;
  const phase = opening.phase.value;
  const said = sayPhase(text, phase, contest, opening.nextChangeMs.value);
  if (said === undefined) return null;
  return (
    <>
      {said} <OpensIn opening={opening} />
      {phase === ContestPhase.PAUSED ? text.goesOn : null}
      {phase === ContestPhase.FINISHED ? text.final : null}
    </>
  );
}

/** Why the box does not send, in a few words. */
export function WhyClosed({ opening }: { opening: Opening }) {
  const text = words.value;
  return (
    <>
      {sayClosed(text, opening.phase.value)} <OpensIn opening={opening} />
    </>
  );
}

/** The countdown is for eyes: read out every second it would drown everything else. */
function OpensIn({ opening }: { opening: Opening }) {
  const text = words.value;
  const counts = opening.phase.value === ContestPhase.CLOSED;
  const left = opening.leftMs(useNow(1_000, counts));
  if (!counts || left === undefined) return null;
  return (
    <span class="countdown" aria-hidden="true">
      {left > 0 ? text.opensIn(countdown(left)) : text.opensNow}
    </span>
  );
}

function sayPhase(text: Words, phase: ContestPhase, contest: Contest, nextChangeMs?: number): string | undefined {
  switch (phase) {
    case ContestPhase.CLOSED: {
      if (nextChangeMs === undefined) return text.boxClosed;
      const opens = new Date(nextChangeMs);
      return isBeforeFirst(contest, nextChangeMs) ? text.opensAt(opens) : text.opensAgainAt(opens);
    }
    case ContestPhase.FROZEN: {
      const freeze = freezeOf(contest);
      return freeze && text.frozen(freeze);
    }
    case ContestPhase.PAUSED:
      return text.paused;
    case ContestPhase.FINISHED:
      return text.finished;
    default:
      return undefined;
  }
}

function sayClosed(text: Words, phase: ContestPhase): string {
  if (phase === ContestPhase.PAUSED) return text.boxPaused;
  return phase === ContestPhase.FINISHED ? text.boxFinished : text.boxClosed;
}
