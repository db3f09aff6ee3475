// The booth's big screen: moves by itself, nobody touches it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { type ContestKeeper, titleIn } from "../game/contest";
import { isOrdinary, type Opening } from "../game/opening";
import { contestOf, playerPath, qrUrl } from "../game/place";
import { Standings } from "../game/standings";
import { type Contest, ContestPhase, type Target } from "../gen/cygnet/v1/contest_pb";
import type { Clients } from "../rpc/clients";
import type { Words } from "../text/en";
import { language, words } from "../text/language";
import { Cygnet, Reeds, Waves } from "./art";
import { OpeningWords } from "./Opening";
import { useOnline } from "./online";
import { Picture } from "./Picture";
import { Ranking } from "./Ranking";

const SHOWN = 10;
const SIDE_BY_SIDE = 2;
const TURN_MS = 15_000;

interface Props {
  contests: ContestKeeper;
  clients: Clients;
}

export function BigScreen({ contests, clients }: Props) {
  const text = words.value;
  const view = contests.view.value;
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
        {view.state === "ready" && !isOrdinary(contests.opening.phase.value) ? (
          <p class="screen-state" role="status" data-phase={ContestPhase[contests.opening.phase.value]}>
            <OpeningWords contest={view.contest} opening={contests.opening} />
          </p>
        ) : null}
        <Waves />
      </header>
      {view.state === "ready" ? (
        <Rankings contest={view.contest} clients={clients} opening={contests.opening} />
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
  opening: Opening;
}

function Rankings({ contest, clients, opening }: RankingsProps) {
  const names = contest.targets.map((it) => it.name).join();
  // One per target for the contest's whole life: a target whose turn comes again shows its last standings at once.
  const all = useMemo(
    () => new Map(names.split(",").map((name) => [name, new Standings(clients, contest.name, name, SHOWN, opening)])),
    [clients, contest.name, names, opening],
  );
  const turn = useTurn(Math.ceil(contest.targets.length / SIDE_BY_SIDE));
  const shown = contest.targets.slice(turn * SIDE_BY_SIDE, (turn + 1) * SIDE_BY_SIDE);
  const shownNames = shown.map((it) => it.name).join();

  useEffect(() => {
    const followed = shownNames.split(",").map((name) => all.get(name));
    for (const standings of followed) standings?.start();
    return () => {
      for (const standings of followed) standings?.stop();
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
      <Invitation participants={participants} finished={opening.phase.value === ContestPhase.FINISHED} />
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
      <Ranking leaderboard={standings?.leaderboard.value} most={SHOWN} pictureSize={96} />
    </section>
  );
}

function Invitation({ participants, finished }: { participants: number; finished: boolean }) {
  const text = words.value;
  const [tries, setTries] = useState(0);
  const src = qrUrl(contestOf(window.location.pathname), tries);
  const address = useAddress(src);
  return (
    <aside class="panel invitation">
      <h2 class="title">{finished ? text.boardScanFinished : text.boardScan}</h2>
      <img
        key={src}
        class="qr"
        src={src}
        alt={text.qrAlt(address)}
        width={400}
        height={400}
        onError={() => setTimeout(() => setTries((n) => n + 1), QR_AGAIN_MS)}
      />
      <p class="address">{address}</p>
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
      .then((answer) => answer.text())
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
  return (
    <p class="live-line" role="status" data-link={state}>
      {sayLink(text, state)}
    </p>
  );
}

function sayLink(text: Words, link: "live" | "connecting" | "polling" | "lost"): string {
  const said = {
    live: text.boardLive,
    connecting: text.boardConnecting,
    polling: text.boardPolling,
    lost: text.boardLost,
  };
  return said[link];
}
