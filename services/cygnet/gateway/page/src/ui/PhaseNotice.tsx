// Says whether the contest takes prompts: before anybody writes one in vain.
import type { PhaseTracker } from "../game/contestPhase";
import { ContestPhase } from "../gen/cygnet/v1/contest_pb";
import type { Words } from "../text/en";
import { words } from "../text/language";
import { countdown } from "../text/time";
import { useNow } from "./hooks";

/** What everybody should know about the contest's phase; nothing while it is simply open. */
export function PhaseNotice({ phase }: { phase: PhaseTracker }) {
  const text = words.value;
  const current = phase.current.value;
  const message = describePhase(text, phase);
  if (message === undefined) return null;
  return (
    <>
      {message} <OpeningCountdown phase={phase} />
      {current === ContestPhase.PAUSED ? text.goesOn : null}
      {current === ContestPhase.FINISHED ? text.final : null}
    </>
  );
}

/** Why the box does not send, in a few words. */
export function ClosedNotice({ phase }: { phase: PhaseTracker }) {
  return (
    <>
      {describeClosed(words.value, phase.current.value)} <OpeningCountdown phase={phase} />
    </>
  );
}

/** The countdown is for eyes: read out every second it would drown everything else. */
function OpeningCountdown({ phase }: { phase: PhaseTracker }) {
  const text = words.value;
  const closed = phase.current.value === ContestPhase.CLOSED;
  const remainingMs = phase.remainingMs(useNow(1_000, closed));
  if (!closed || remainingMs === undefined) return null;
  return (
    <span class="countdown" aria-hidden="true">
      {remainingMs > 0 ? text.opensIn(countdown(remainingMs)) : text.opensNow}
    </span>
  );
}

function describePhase(text: Words, phase: PhaseTracker): string | undefined {
  switch (phase.current.value) {
    case ContestPhase.CLOSED: {
      if (phase.nextChangeMs.value === undefined) return text.boxClosed;
      const opens = new Date(phase.nextChangeMs.value);
      return phase.openedBefore.value ? text.opensAgainAt(opens) : text.opensAt(opens);
    }
    case ContestPhase.FROZEN:
      return phase.freeze.value && text.frozen(phase.freeze.value);
    case ContestPhase.PAUSED:
      return text.paused;
    case ContestPhase.FINISHED:
      return text.finished;
    default:
      return undefined;
  }
}

function describeClosed(text: Words, phase: ContestPhase): string {
  if (phase === ContestPhase.PAUSED) return text.boxPaused;
  return phase === ContestPhase.FINISHED ? text.boxFinished : text.boxClosed;
}
