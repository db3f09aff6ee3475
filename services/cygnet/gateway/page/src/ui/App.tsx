// The player's page.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";
import { type ContestKeeper, titleIn } from "../game/contest";
import { isOrdinary } from "../game/opening";
import type { Player } from "../game/player";
import { scoreText } from "../game/progress";
import { ContestPhase } from "../gen/cygnet/v1/contest_pb";
import type { Submission } from "../gen/cygnet/v1/submission_pb";
import { language, words } from "../text/language";
import { Announcer } from "./Announcer";
import { Cards } from "./Cards";
import { Header } from "./Header";
import { History } from "./History";
import { Join } from "./Join";
import { Large, type Shown } from "./Large";
import { goToPrompt } from "./moving";
import { OpeningWords } from "./Opening";
import { useOnline } from "./online";
import { PromptBox } from "./PromptBox";
import { Ranking, Row } from "./Ranking";
import { TargetPanel } from "./Target";

interface Props {
  contests: ContestKeeper;
  /** Present once the contest is known. */
  player: Player | undefined;
}

export function App({ contests, player }: Props) {
  const view = contests.view.value;
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
      {player === undefined ? <NoContest contests={contests} /> : <Game player={player} />}
    </>
  );
}

function NoContest({ contests }: { contests: ContestKeeper }) {
  const text = words.value;
  const view = contests.view.value;
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
  const [shown, setShown] = useState<Shown | undefined>();
  const joined = player.session.current.value !== undefined;
  const decimals = player.contest.value.decimals;
  const openOwn = ({ prompt, result }: Submission) => {
    if (result === undefined) return;
    setShown({
      sha256: result.pictureSha256,
      alt: text.pictureAlt(prompt),
      title: prompt,
      score: scoreText(result.score, decimals),
      use: () => {
        player.write(prompt);
        goToPrompt();
      },
    });
  };
  return (
    <main class="page game">
      <News player={player} />
      <div class="play">
        <TargetPanel player={player} />
        {joined ? <PromptBox player={player} /> : <Join player={player} />}
        <Cards player={player} onOpen={openOwn} />
      </div>
      <Board player={player} onOpen={setShown} />
      {joined ? <History player={player} onOpen={openOwn} /> : null}
      {shown === undefined ? null : <Large shown={shown} onClose={() => setShown(undefined)} />}
      <Announcer player={player} />
    </main>
  );
}

function News({ player }: { player: Player }) {
  const text = words.value;
  const online = useOnline();
  const lost = player.standings.value?.link.value === "lost" || player.mine.link.value === "lost";
  const said = !online ? text.offline : lost ? text.lost : undefined;
  return (
    <div role="status" class="news">
      {said === undefined ? null : <p class="banner alarm">{said}</p>}
      {isOrdinary(player.opening.phase.value) ? null : (
        <p class="banner" data-phase={ContestPhase[player.opening.phase.value]}>
          <OpeningWords contest={player.contest.value} opening={player.opening} />
        </p>
      )}
    </div>
  );
}

function Board({ player, onOpen }: { player: Player; onOpen: (shown: Shown) => void }) {
  const text = words.value;
  const standings = player.standings.value;
  const leaderboard = standings?.leaderboard.value;
  const own = player.session.current.value?.participantId;
  const elsewhere = player.ownPlace.standing.value;
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
      {elsewhere === undefined ? null : (
        <ol class="ranking elsewhere">
          <Row standing={elsewhere} own pictureSize={48} />
        </ol>
      )}
    </section>
  );
}
