// Wires the booth's big screen together.
import { render } from "preact";
import { ContestLoader } from "./game/contest";
import { takeFromAddress } from "./game/presence";
import { contestFromPath } from "./game/routes";
import { PairedScreen } from "./game/screen";
import { openStore } from "./game/storage";
import { makeClients, webTransport } from "./rpc/clients";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/board.css";
import { initLanguage } from "./text/language";
import { BigScreen } from "./ui/BigScreen";

initLanguage();
const pairingCode = takeFromAddress("pair");
const clients = makeClients(webTransport(() => screen.token));
const screen = new PairedScreen(clients, openStore());
const loader = new ContestLoader(clients, contestFromPath(window.location.pathname));
const unsubscribe = loader.view.subscribe((view) => {
  if (view.state !== "ready") return;
  // Not before it is subscribed to: the first call comes at once.
  queueMicrotask(() => unsubscribe());
  void screen.start(view.contest.name, pairingCode);
});
loader.start();

const root = document.getElementById("root");
root?.replaceChildren();
if (root) render(<BigScreen loader={loader} clients={clients} screen={screen} />, root);
