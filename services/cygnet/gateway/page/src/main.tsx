// Wires the player's page together.
import { effect, signal, untracked } from "@preact/signals";
import { render } from "preact";
import { ContestKeeper } from "./game/contest";
import { contestOf } from "./game/place";
import { Player } from "./game/player";
import { SessionKeeper } from "./game/session";
import { phoneMemory } from "./game/storage";
import type { Contest } from "./gen/cygnet/v1/contest_pb";
import { makeClients, webTransport } from "./rpc/clients";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/cards.css";
import "./styles/controls.css";
import "./styles/player.css";
import { App } from "./ui/App";

const memory = phoneMemory();
const player = signal<Player | undefined>(undefined);
const clients = makeClients(webTransport(() => player.peek()?.session.current.peek()?.token));
const contests = new ContestKeeper(clients, contestOf(window.location.pathname));

effect(() => {
  const view = contests.view.value;
  if (view.state === "ready") untracked(() => play(view.contest));
});

function play(contest: Contest): void {
  const known = player.peek();
  if (known?.contest.peek().name === contest.name) {
    known.update(contest);
    return;
  }
  known?.stop();
  const next = new Player(clients, contest, contests.opening, new SessionKeeper(memory, contest.name), memory);
  player.value = next;
  next.start();
}

contests.start();

function Page() {
  return <App contests={contests} player={player.value} />;
}

const root = document.getElementById("root");
root?.replaceChildren();
if (root) render(<Page />, root);
