// One target's leaderboard, row by row.
import { useRef } from "preact/hooks";
import { scoreText } from "../game/progress";
import { ContestPhase } from "../gen/cygnet/v1/contest_pb";
import type { Finder, Leaderboard, Standing } from "../gen/cygnet/v1/leaderboard_pb";
import { words } from "../text/language";
import { Cygnet } from "./art";
import { useFlip } from "./hooks";
import { Picture } from "./Picture";

interface Props {
  leaderboard: Leaderboard | undefined;
  /** The participant whose row is marked. */
  own?: string | undefined;
  limit?: number;
  pictureSize: number;
  onOpen?: (standing: Standing) => void;
}

export function Ranking({ leaderboard, own, limit, pictureSize, onOpen }: Props) {
  const list = useRef<HTMLOListElement>(null);
  useFlip(list);
  const text = words.value;
  if (leaderboard === undefined) return <p class="hint">{text.leaderboardLoading}</p>;
  if (leaderboard.standings.length === 0) {
    return (
      <p class="hint nobody">
        <Cygnet />
        {leaderboard.phase === ContestPhase.FINISHED ? text.leaderboardNobody : text.leaderboardEmpty}
      </p>
    );
  }
  const shown = leaderboard.standings.slice(0, limit);
  const decimals = Math.max(...shown.map((it) => it.decimals));
  return (
    <ol class="ranking" ref={list}>
      {shown.map((standing) => (
        <Row
          key={standing.participantId}
          standing={standing}
          pad={decimals - standing.decimals}
          own={standing.participantId === own}
          pictureSize={pictureSize}
          onOpen={onOpen}
        />
      ))}
    </ol>
  );
}

interface RowProps {
  standing: Standing;
  /** Digits to leave free, so that the decimal points of neighbours stand below each other. */
  pad?: number;
  own: boolean;
  pictureSize: number;
  onOpen?: ((standing: Standing) => void) | undefined;
}

export function Row({ standing, pad = 0, own, pictureSize, onOpen }: RowProps) {
  const text = words.value;
  const picture = (
    <Picture sha256={standing.pictureSha256} alt={text.pictureBy(standing.nickname)} size={pictureSize} small />
  );
  return (
    <li
      class={`row ${own ? "own" : ""}`}
      data-key={standing.participantId}
      // Who stands behind a finder has no medal.
      data-rank={standing.finder === undefined ? standing.rank : undefined}
      aria-current={own ? "true" : undefined}
    >
      <span class="rank">
        <span class="visually-hidden">{text.rank(standing.rank)}</span>
        <span aria-hidden="true">{standing.rank}</span>
      </span>
      {onOpen === undefined ? (
        picture
      ) : (
        <button
          type="button"
          class="bare"
          aria-label={text.pictureBy(standing.nickname)}
          onClick={() => onOpen(standing)}
        >
          {picture}
        </button>
      )}
      <span class="who">
        <bdi class="nickname">{standing.nickname}</bdi>
        {standing.foundAfter > 0 && standing.finder === undefined ? (
          <span class="found-after">
            <span class="visually-hidden">{text.foundAfter(standing.foundAfter)}</span>
            <span aria-hidden="true">+{standing.foundAfter}</span>
          </span>
        ) : null}
        {own ? <span class="chip">{text.you}</span> : null}
        {standing.finder === undefined ? null : <WithFinder finder={standing.finder} />}
      </span>
      <span class="points" style={pad > 0 ? { paddingInlineEnd: `${pad}ch` } : undefined}>
        {scoreText(standing.score, standing.decimals)}
      </span>
    </li>
  );
}

/** Says whose find a picture is. */
export function WithFinder({ finder }: { finder: Finder }) {
  const { before, after } = words.value.withFinder;
  return (
    <span class="note with">
      {before}
      <bdi>{finder.nickname}</bdi>
      {after}
    </span>
  );
}
