// Wires the player's page together.
import { effect, signal, untracked } from "@preact/signals";
import { render } from "preact";
import { ContestLoader } from "./game/contest";
import { Player } from "./game/player";
import { Presence, takeFromAddress } from "./game/presence";
import { contestFromPath } from "./game/routes";
import { SessionStore } from "./game/session";
import { openStore } from "./game/storage";
import type { Contest } from "./gen/cygnet/v1/contest_pb";
import { makeClients, pictureCookie, webTransport } from "./rpc/clients";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/cards.css";
import "./styles/controls.css";
import "./styles/player.css";
import { initLanguage } from "./text/language";
import { App } from "./ui/App";

initLanguage();
const scanned = takeFromAddress("p");
const store = openStore();
const player = signal<Player | undefined>(undefined);
const clients = makeClients(webTransport(() => player.peek()?.session.current.peek()?.token));
const loader = new ContestLoader(clients, contestFromPath(window.location.pathname));

effect(() => {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not on plain http.
  document.cookie = pictureCookie(player.value?.session.current.value?.token);
});

effect(() => {
  const view = loader.view.value;
  if (view.state === "ready") untracked(() => setContest(view.contest));
});

function setContest(contest: Contest): void {
  const current = player.peek();
  if (current?.contest.peek().name === contest.name) {
    current.update(contest);
    return;
  }
  current?.stop();
  const next = new Player(
    clients,
    contest,
    loader.phase,
    loader.examples,
    new SessionStore(store, contest.name),
    new Presence(clients, contest.name, store, loader.codesShown),
    store,
  );
  player.value = next;
  next.start();
  if (scanned !== undefined) void next.scanned(scanned);
}

// A scan may open a page of its own, or lead to the one that is open.
window.addEventListener("hashchange", () => {
  const code = takeFromAddress("p");
  if (code !== undefined) void player.peek()?.scanned(code);
});

loader.start();

function Page() {
  return <App loader={loader} player={player.value} />;
}

const root = document.getElementById("root");
root?.replaceChildren();
if (root) render(<Page />, root);
