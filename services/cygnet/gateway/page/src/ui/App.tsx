// The player's page.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";
import { type ContestLoader, titleIn } from "../game/contest";
import { needsNotice } from "../game/contestPhase";
import type { Player } from "../game/player";
import { scoreText } from "../game/progress";
import { ContestPhase } from "../gen/cygnet/v1/contest_pb";
import type { Submission } from "../gen/cygnet/v1/submission_pb";
import { language, words } from "../text/language";
import { Announcer } from "./Announcer";
import { Cards } from "./Cards";
import { editPrompt } from "./focus";
import { Header } from "./Header";
import { History } from "./History";
import { useOnline } from "./hooks";
import { Join } from "./Join";
import { Lightbox, type LightboxContent } from "./Lightbox";
import { PhaseNotice } from "./PhaseNotice";
import { PresenceNote } from "./PresenceNote";
import { PromptBox } from "./PromptBox";
import { Ranking, Row } from "./Ranking";
import { TargetPanel } from "./Target";

interface Props {
  loader: ContestLoader;
  /** Present once the contest is known. */
  player: Player | undefined;
}

export function App({ loader, player }: Props) {
  const view = loader.view.value;
  const title = view.state === "ready" ? titleIn(view.contest, language.value) : "Cygnet";
  useEffect(() => {
    document.title = title === "Cygnet" ? title : `${title} · Cygnet`;
  }, [title]);
  return (
    <>
      <a class="skip" href="#prompt">
        {words.value.skip}
      </a>
      <Header title={title} player={player} />
      {player === undefined ? <NoContest loader={loader} /> : <Game player={player} />}
    </>
  );
}

function NoContest({ loader }: { loader: ContestLoader }) {
  const text = words.value;
  const view = loader.view.value;
  const online = useOnline();
  return (
    <main class="page">
      <section class="panel" role="status">
        {view.state === "missing" ? (
          <>
            <h2 class="title">{text.noContest}</h2>
            <p>{text.noContestHint}</p>
          </>
        ) : (
          <p class="hint">
            {!online ? text.offline : "problem" in view && view.problem ? text.unreachable : text.loadingContest}
          </p>
        )}
      </section>
    </main>
  );
}

function Game({ player }: { player: Player }) {
  const text = words.value;
  const [enlarged, setEnlarged] = useState<LightboxContent | undefined>();
  const joined = player.session.current.value !== undefined;
  const decimals = player.contest.value.decimals;
  const openOwn = ({ prompt, result }: Submission) => {
    if (result === undefined) return;
    setEnlarged({
      sha256: result.pictureSha256,
      alt: text.pictureAlt(prompt),
      title: prompt,
      score: scoreText(result.score, decimals),
      usePrompt: () => editPrompt(player, prompt),
    });
  };
  return (
    <main class="page game">
      <Notices player={player} />
      <div class="play">
        <TargetPanel player={player} />
        {joined ? <PromptBox player={player} /> : <Join player={player} />}
        {joined ? <PresenceNote player={player} /> : null}
        <Cards player={player} onOpen={openOwn} />
      </div>
      <LeaderboardPanel player={player} onOpen={setEnlarged} />
      {joined ? <History player={player} onOpen={openOwn} /> : null}
      {enlarged === undefined ? null : <Lightbox content={enlarged} onClose={() => setEnlarged(undefined)} />}
      <Announcer player={player} />
    </main>
  );
}

function Notices({ player }: { player: Player }) {
  const text = words.value;
  const online = useOnline();
  const phase = player.phase.current.value;
  const lost = player.standings.value?.link.value === "lost" || player.submissions.link.value === "lost";
  const message = !online ? text.offline : lost ? text.lost : undefined;
  return (
    <div role="status" class="notices">
      {message === undefined ? null : <p class="banner alarm">{message}</p>}
      {needsNotice(phase) ? (
        <p class="banner" data-phase={ContestPhase[phase]}>
          <PhaseNotice phase={player.phase} />
        </p>
      ) : null}
    </div>
  );
}

function LeaderboardPanel({ player, onOpen }: { player: Player; onOpen: (content: LightboxContent) => void }) {
  const text = words.value;
  const standings = player.standings.value;
  const leaderboard = standings?.leaderboard.value;
  const own = player.session.current.value?.participantId;
  const unlisted = player.ownUnlisted.value;
  const several = player.contest.value.targets.length > 1;
  return (
    <section class="panel board" aria-labelledby="board-title">
      <h2 id="board-title" class="title">
        {several ? text.leaderboardFor(player.target.value) : text.leaderboard}
      </h2>
      {leaderboard === undefined ? null : <p class="note">{text.participants(leaderboard.participants)}</p>}
      {leaderboard?.frozenAt === undefined ? null : (
        <p class="note">{text.frozenSince(timestampDate(leaderboard.frozenAt))}</p>
      )}
      {standings?.link.value === "lost" ? <p class="note warn">{text.leaderboardStale}</p> : null}
      <Ranking
        leaderboard={leaderboard}
        own={own}
        pictureSize={48}
        onOpen={(standing) =>
          onOpen({
            sha256: standing.pictureSha256,
            alt: text.pictureBy(standing.nickname),
            title: standing.nickname,
            score: scoreText(standing.score, standing.decimals),
          })
        }
      />
      {unlisted.length === 0 ? null : (
        <ol class="ranking own-rank">
          {unlisted.map((standing) => (
            <Row key={standing.pictureSha256} standing={standing} own pictureSize={48} />
          ))}
        </ol>
      )}
    </section>
  );
}
