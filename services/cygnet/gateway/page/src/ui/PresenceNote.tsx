// What it gives to be in the hall, and how to get it: for who came late, stands outside, or waits for the lot.
import type { Player } from "../game/player";
import { PresenceMode } from "../gen/cygnet/v1/contest_pb";
import { solving } from "../proof/prover";
import type { Words } from "../text/en";
import { words } from "../text/language";
import { useNow } from "./hooks";

export function PresenceNote({ player }: { player: Player }) {
  const nextDraw = player.presence.nextDraw.value;
  const now = useNow(500, nextDraw !== undefined);
  const message = describePresence(words.value, player);
  return (
    <p class="note presence" role="status" data-presence={player.presence.state.value} hidden={message === undefined}>
      {message}
      {/* The countdown is for eyes, as that of a refusal. */}
      {nextDraw === undefined ? null : (
        <span aria-hidden="true"> {words.value.presenceDrawIn(Math.max(0, Math.ceil((nextDraw - now) / 1000)))}</span>
      )}
    </p>
  );
}

/** Says why it takes some seconds more: this device solves a challenge. */
export function SolvingNote() {
  const busy = solving.value;
  return (
    <p class="note solving" role="status" hidden={!busy}>
      {busy ? words.value.solving : null}
    </p>
  );
}

/** Whether somebody who has not joined may: not where only the hall may, and nothing was scanned. */
export function mayJoin(player: Player): boolean {
  const state = player.presence.state.value;
  return player.contest.value.presence !== PresenceMode.REQUIRE || state === "ticket" || state === "exchanging";
}

function describePresence(text: Words, player: Player): string | undefined {
  const mode = player.contest.value.presence;
  const { state, nextDraw, codesShown } = player.presence;
  if (mode !== PresenceMode.PREFER && mode !== PresenceMode.REQUIRE) return undefined;
  if (player.session.current.value?.present === true) return undefined;
  switch (state.value) {
    case "exchanging":
      return text.presenceExchanging;
    case "ticket":
      return nextDraw.value === undefined ? text.presenceReady : text.presenceWaiting;
    case "old":
      return text.presenceOld;
    case "full":
      return text.presenceFull;
    default:
      if (mode === PresenceMode.REQUIRE) return text.presenceRequired;
      // Where no screen shows a code, nobody can be told to scan one.
      return codesShown.value ? text.presencePreferred : undefined;
  }
}
