// The booth's big screen: moves by itself, nobody touches it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { type ContestLoader, titleIn } from "../game/contest";
import { needsNotice, type PhaseTracker } from "../game/contestPhase";
import { contestFromPath, playerPath, qrUrl } from "../game/routes";
import type { PairedScreen } from "../game/screen";
import { Standings } from "../game/standings";
import { type Contest, ContestPhase, type Target } from "../gen/cygnet/v1/contest_pb";
import type { Clients } from "../rpc/clients";
import { language, words } from "../text/language";
import { Cygnet, Reeds, Waves } from "./art";
import { useOnline } from "./hooks";
import { PhaseNotice } from "./PhaseNotice";
import { Picture } from "./Picture";
import { Ranking } from "./Ranking";

const MAX_ROWS = 10;
const COLUMNS = 2;
const TURN_MS = 15_000;

interface Props {
  loader: ContestLoader;
  clients: Clients;
  screen: PairedScreen;
}

export function BigScreen({ loader, clients, screen }: Props) {
  const text = words.value;
  const view = loader.view.value;
  const phase = loader.phase.current.value;
  const title = view.state === "ready" ? titleIn(view.contest, language.value) : "Cygnet";
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <div class="screen">
      <header class="screen-head">
        <p class="brand">
          <Cygnet class="brand-cygnet" />
          <span>Cygnet</span>
        </p>
        <h1>{title}</h1>
        {view.state === "ready" && needsNotice(phase) ? (
          <p class="screen-state" role="status" data-phase={ContestPhase[phase]}>
            <PhaseNotice phase={loader.phase} />
          </p>
        ) : null}
        <Waves />
      </header>
      {view.state === "ready" ? (
        <Rankings contest={view.contest} clients={clients} phase={loader.phase} screen={screen} />
      ) : (
        <main class="screen-main">
          <section class="panel" role="status">
            <h2 class="title">{view.state === "missing" ? text.noContest : text.loadingContest}</h2>
            {view.state === "missing" ? <p>{text.noContestHint}</p> : null}
            {view.state === "loading" && view.problem !== undefined ? <p>{text.unreachable}</p> : null}
          </section>
        </main>
      )}
      <div class="shore">
        <Reeds />
        <Cygnet class="shore-cygnet" />
        <Cygnet class="shore-cygnet second" />
        <Waves />
      </div>
    </div>
  );
}

interface RankingsProps {
  contest: Contest;
  clients: Clients;
  phase: PhaseTracker;
  screen: PairedScreen;
}

function Rankings({ contest, clients, phase, screen }: RankingsProps) {
  const names = contest.targets.map((it) => it.name).join();
  // One per target for the contest's whole life: a target whose turn comes again shows its last standings at once.
  const all = useMemo(
    () => new Map(names.split(",").map((name) => [name, new Standings(clients, contest.name, name, MAX_ROWS, phase)])),
    [clients, contest.name, names, phase],
  );
  const turn = useTurn(Math.ceil(contest.targets.length / COLUMNS));
  const shown = contest.targets.slice(turn * COLUMNS, (turn + 1) * COLUMNS);
  const shownNames = shown.map((it) => it.name).join();

  useEffect(() => {
    const visible = shownNames.split(",").map((name) => all.get(name));
    for (const standings of visible) standings?.start();
    return () => {
      for (const standings of visible) standings?.stop();
    };
  }, [all, shownNames]);

  const participants = Math.max(0, ...[...all.values()].map((it) => it.leaderboard.value?.participants ?? 0));
  return (
    <main class="screen-main" data-columns={shown.length}>
      <div class="screen-rankings">
        {shown.map((target) => (
          <Column key={target.name} target={target} standings={all.get(target.name)} />
        ))}
      </div>
      <Invitation
        participants={participants}
        finished={phase.current.value === ContestPhase.FINISHED}
        screen={screen}
      />
      <LiveLine shown={shown.map((it) => all.get(it.name))} />
    </main>
  );
}

/** Counts 0, 1, … `turns` - 1, 0, … */
function useTurn(turns: number): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (turns < 2) return;
    const timer = setInterval(() => setTurn((n) => n + 1), TURN_MS);
    return () => clearInterval(timer);
  }, [turns]);
  return turn % Math.max(1, turns);
}

function Column({ target, standings }: { target: Target; standings: Standings | undefined }) {
  const text = words.value;
  return (
    <section class="panel column" aria-label={text.leaderboardFor(target.name)}>
      <div class="column-head">
        <Picture sha256={target.pictureSha256} alt={text.targetAlt(target.name)} size={256} class="target-picture" />
        <div>
          <p class="note">{text.target}</p>
          <h2 class="title">{target.name}</h2>
          <p class="note">{text.boardTop}</p>
        </div>
      </div>
      <Ranking leaderboard={standings?.leaderboard.value} limit={MAX_ROWS} pictureSize={96} />
    </section>
  );
}

interface InvitationProps {
  participants: number;
  finished: boolean;
  screen: PairedScreen;
}

function Invitation({ participants, finished, screen }: InvitationProps) {
  const text = words.value;
  const [tries, setTries] = useState(0);
  const contest = contestFromPath(window.location.pathname);
  const code = screen.code.value;
  // Without the code: a request each turn is enough.
  const address = useAddress(qrUrl(contest, tries));
  return (
    <aside class="panel invitation">
      <h2 class="title">{finished ? text.boardScanFinished : text.boardScan}</h2>
      <img
        // No key: the last code stays until the next one is there.
        class="qr"
        src={qrUrl(contest, tries, code)}
        data-presence={code !== undefined}
        alt={text.qrAlt(address)}
        width={400}
        height={400}
        onError={() => setTimeout(() => setTries((n) => n + 1), QR_AGAIN_MS)}
      />
      <p class="address">{address}</p>
      {code === undefined ? null : <p class="note presence">{text.boardPresence}</p>}
      {screen.pairingFailed.value ? <p class="note warn">{text.boardPairingFailed}</p> : null}
      <p class="participants">{text.participants(participants)}</p>
    </aside>
  );
}

const QR_AGAIN_MS = 10_000;

/** Where the code leads, as its own title says: the screen itself may have been opened at another address. */
function useAddress(src: string): string {
  const own = window.location.host + playerPath(window.location.pathname);
  const [address, setAddress] = useState(own);
  useEffect(() => {
    const stop = new AbortController();
    fetch(src, { signal: stop.signal })
      .then((response) => response.text())
      .then((svg) => new DOMParser().parseFromString(svg, "image/svg+xml").querySelector("title")?.textContent)
      .then(
        (title) => setAddress(title || own),
        () => undefined,
      );
    return () => stop.abort();
  }, [src, own]);
  return address.replace(/^https?:\/\//, "").replace(/\/$/, "");
}

function LiveLine({ shown }: { shown: (Standings | undefined)[] }) {
  const text = words.value;
  const online = useOnline();
  const links = shown.map((it) => it?.link.value ?? "connecting");
  const state = !online
    ? "lost"
    : ((["lost", "polling", "connecting"] as const).find((it) => links.includes(it)) ?? "live");
  const messages = {
    live: text.boardLive,
    connecting: text.boardConnecting,
    polling: text.boardPolling,
    lost: text.boardLost,
  };
  return (
    <p class="live-line" role="status" data-link={state}>
      {messages[state]}
    </p>
  );
}
