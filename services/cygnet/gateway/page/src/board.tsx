// Wires the booth's big screen together.
import { render } from "preact";
import { ContestLoader } from "./game/contest";
import { contestFromPath } from "./game/routes";
import { makeClients, webTransport } from "./rpc/clients";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/board.css";
import { initLanguage } from "./text/language";
import { BigScreen } from "./ui/BigScreen";

initLanguage();
const clients = makeClients(webTransport(() => undefined));
const loader = new ContestLoader(clients, contestFromPath(window.location.pathname));
loader.start();

const root = document.getElementById("root");
root?.replaceChildren();
if (root) render(<BigScreen loader={loader} clients={clients} />, root);
