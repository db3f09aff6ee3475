// Announces each new state of the player's submissions to screen readers, once.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Player } from "../game/player";
import { words } from "../text/language";
import { describeState } from "./messages";

export function Announcer({ player }: { player: Player }) {
  const [message, setMessage] = useState("");
  const announced = useRef("");
  const submission = player.latestChange.value;
  const { decimals } = player.contest.value;

  useEffect(() => {
    if (submission === undefined) return;
    const state = `${submission.submissionId} ${submission.state}`;
    if (state === announced.current) return;
    announced.current = state;
    setMessage(describeState(words.peek(), submission, decimals));
  }, [submission, decimals]);

  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {message}
    </p>
  );
}
