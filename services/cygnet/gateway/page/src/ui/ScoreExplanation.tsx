// Explains a score: what is there, how it looks, which regions help and hurt, and what changed since the attempt before.
import { useEffect, useRef } from "preact/hooks";
import type { Player } from "../game/player";
import { compareResults, interpolateHeat, previousAttempt, strongestPlace } from "../game/scoreBreakdown";
import type { Result, Submission } from "../gen/cygnet/v1/submission_pb";
import { words } from "../text/language";
import { describeScoreChange } from "./messages";

/** Points a side: more than enough for something that has no edges. */
const MAP_POINTS = 64;
/** What helps is amber and whole, what hurts blue and striped: told apart whatever colours an eye can see. */
const AMBER = [255, 196, 0] as const;
const BLUE = [96, 190, 255] as const;
const STRIPE_POINTS = 3;
const MAX_ALPHA = 0.8 * 255;
/** Hiding anything costs a little: what counts little is shown as less, so that no haze lies over the whole picture. */
const GAMMA = 1.5;

export function SubScores({ result }: { result: Result }) {
  const text = words.value;
  return (
    <>
      <SubScore name={text.what} score={result.whatScore} />
      <SubScore name={text.look} score={result.lookScore} />
    </>
  );
}

function SubScore({ name, score }: { name: string; score: number | undefined }) {
  if (score === undefined) return null;
  return (
    <p class="sub-score">
      <span class="sub-score-name">{name}</span>
      <span class="sub-score-bar" aria-hidden="true">
        <span class="sub-score-fill" style={{ width: `${score}%` }} />
      </span>
      <span class="sub-score-value">{score.toFixed(0)}</span>
    </p>
  );
}

export function ScoreChangeNote({ player, submission }: { player: Player; submission: Submission }) {
  const { decimals } = player.contest.value;
  const before = previousAttempt(player.submissions.newestFirst.value, submission);
  if (before?.result === undefined || submission.result === undefined) return null;
  const change = compareResults(before.result, submission.result, decimals);
  if (change === undefined) return null;
  return <p class="score-change">{describeScoreChange(words.value, change, decimals)}</p>;
}

export function HeatMap({ result: { heat, negativeHeat } }: { result: Result }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(MAP_POINTS, MAP_POINTS);
    const alpha = (value: number) => (value / 255) ** GAMMA * MAX_ALPHA;
    const hurts = interpolateHeat(negativeHeat, MAP_POINTS);
    interpolateHeat(heat, MAP_POINTS).forEach((helps, point) => {
      const hurt = hurts[point] ?? 0;
      const striped = Math.floor(((point % MAP_POINTS) + Math.floor(point / MAP_POINTS)) / STRIPE_POINTS) % 2 === 0;
      image.data.set(
        helps >= hurt ? [...AMBER, alpha(helps)] : [...BLUE, striped ? alpha(hurt) : alpha(hurt) / 4],
        point * 4,
      );
    });
    context.putImageData(image, 0, 0);
  }, [heat, negativeHeat]);
  return <canvas class="heat" ref={canvas} width={MAP_POINTS} height={MAP_POINTS} />;
}

export function HeatLegend({ result: { heat, negativeHeat } }: { result: Result }) {
  const text = words.value;
  return (
    <ul class="heat-legend">
      <li class="helps">{text.heatHelps(strongestPlace(heat))}</li>
      {negativeHeat.length === 0 ? null : <li class="hurts">{text.heatHurts(strongestPlace(negativeHeat))}</li>}
    </ul>
  );
}
