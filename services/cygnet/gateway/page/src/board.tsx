// Wires the booth's big screen together.
import { render } from "preact";
import { ContestKeeper } from "./game/contest";
import { contestOf } from "./game/place";
import { makeClients, webTransport } from "./rpc/clients";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/board.css";
import { BigScreen } from "./ui/BigScreen";

const clients = makeClients(webTransport(() => undefined));
const contests = new ContestKeeper(clients, contestOf(window.location.pathname));
contests.start();

const root = document.getElementById("root");
root?.replaceChildren();
if (root) render(<BigScreen contests={contests} clients={clients} />, root);
