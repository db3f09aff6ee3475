// Says each turn of the player's submissions to screen readers, once.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Player } from "../game/player";
import { words } from "../text/language";
import { sayTurn } from "./saying";

export function Announcer({ player }: { player: Player }) {
  const [said, setSaid] = useState("");
  const last = useRef("");
  const happened = player.happened.value;
  const { decimals } = player.contest.value;

  useEffect(() => {
    if (happened === undefined) return;
    const turn = `${happened.submissionId} ${happened.state}`;
    if (turn === last.current) return;
    last.current = turn;
    setSaid(sayTurn(words.peek(), happened, decimals));
  }, [happened, decimals]);

  return (
    <p class="unseen" role="status" aria-live="polite">
      {said}
    </p>
  );
}
