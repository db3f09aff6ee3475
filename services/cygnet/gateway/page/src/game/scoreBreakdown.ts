// What a score consists of, which regions of the picture it comes from, and how it differs from the attempt before.
import type { Result, Submission } from "../gen/cygnet/v1/submission_pb";
import { scoreText } from "./progress";

/** The player's attempt before this one at the same target; of the same picture there is nothing to compare. */
export function previousAttempt(newestFirst: readonly Submission[], submission: Submission): Submission | undefined {
  const index = newestFirst.findIndex((it) => it.submissionId === submission.submissionId);
  if (index < 0) return undefined;
  return newestFirst
    .slice(index + 1)
    .find(
      ({ target, result }) =>
        target === submission.target &&
        result !== undefined &&
        result.pictureSha256 !== submission.result?.pictureSha256,
    );
}

export interface ScoreChange {
  score: number;
  what: number | undefined;
  look: number | undefined;
}

/** How the numbers on the page differ, rounded as they are shown; undefined where they are of two different scales. */
export function compareResults(before: Result, now: Result, decimals: number): ScoreChange | undefined {
  if (before.calibrationId !== now.calibrationId) return undefined;
  const rounded = (score: number, digits: number) => Number(scoreText(score, digits));
  const difference = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? undefined : rounded(to, 0) - rounded(from, 0);
  return {
    // The difference of two rounded numbers has digits of its own.
    score: rounded(rounded(now.score, decimals) - rounded(before.score, decimals), decimals),
    what: difference(before.whatScore, now.whatScore),
    look: difference(before.lookScore, now.lookScore),
  };
}

/** Where in the picture: 0 to 2 from the top, and from the left. */
export interface Place {
  row: number;
  column: number;
}

/** Less than this of 255 is nothing to point at. */
const NOTEWORTHY = 64;

/** The third of the picture, down and across, that holds the strongest region; undefined where none is strong. */
export function strongestPlace(heat: Uint8Array): Place | undefined {
  const strongest = Math.max(...heat);
  if (strongest < NOTEWORTHY) return undefined;
  const side = Math.round(Math.sqrt(heat.length));
  const region = heat.indexOf(strongest);
  const third = (position: number) => Math.floor(((position + 0.5) / side) * 3);
  return { row: third(Math.floor(region / side)), column: third(region % side) };
}

/** The map at `size` x `size` points, row by row, 0 to 255: bilinear with smoothstep weights, so that it has no edges. */
export function interpolateHeat(heat: Uint8Array, size: number): Uint8ClampedArray {
  const side = Math.round(Math.sqrt(heat.length));
  const points = new Uint8ClampedArray(size * size);
  const samples = Array.from({ length: size }, (_, point) => {
    const position = Math.min(side - 1, Math.max(0, ((point + 0.5) / size) * side - 0.5));
    const from = Math.min(side - 1, Math.floor(position));
    const t = position - from;
    return { from, to: Math.min(side - 1, from + 1), weight: t * t * (3 - 2 * t) };
  });
  const region = (row: number, column: number) => heat[row * side + column] ?? 0;
  samples.forEach((y, row) => {
    samples.forEach((x, column) => {
      const above = region(y.from, x.from) * (1 - x.weight) + region(y.from, x.to) * x.weight;
      const below = region(y.to, x.from) * (1 - x.weight) + region(y.to, x.to) * x.weight;
      points[row * size + column] = above * (1 - y.weight) + below * y.weight;
    });
  });
  return points;
}
