// What a score is made of, where in the picture it comes from, and what changed since the try before.
import type { Result, Submission } from "../gen/cygnet/v1/submission_pb";
import { scoreText } from "./progress";

/** The player's try before this one at the same target; another picture, or there is nothing to compare. */
export function tryBefore(newestFirst: readonly Submission[], submission: Submission): Submission | undefined {
  const place = newestFirst.findIndex((it) => it.submissionId === submission.submissionId);
  if (place < 0) return undefined;
  return newestFirst
    .slice(place + 1)
    .find(
      ({ target, result }) =>
        target === submission.target &&
        result !== undefined &&
        result.pictureSha256 !== submission.result?.pictureSha256,
    );
}

export interface Change {
  score: number;
  what: number | undefined;
  look: number | undefined;
}

/** How the numbers on the page differ, rounded as they are shown; undefined where they are of two different scales. */
export function change(before: Result, now: Result, decimals: number): Change | undefined {
  if (before.calibrationId !== now.calibrationId) return undefined;
  const shown = (score: number, digits: number) => Number(scoreText(score, digits));
  const part = (was: number | undefined, is: number | undefined) =>
    was === undefined || is === undefined ? undefined : shown(is, 0) - shown(was, 0);
  return {
    // The difference of two rounded numbers has digits of its own.
    score: shown(shown(now.score, decimals) - shown(before.score, decimals), decimals),
    what: part(before.whatScore, now.whatScore),
    look: part(before.lookScore, now.lookScore),
  };
}

/** The map at `size` x `size` points, row by row, 0 to 255: from the middle of one region smoothly to the next. */
export function smoothHeat(heat: Uint8Array, size: number): Uint8ClampedArray {
  const side = Math.round(Math.sqrt(heat.length));
  const points = new Uint8ClampedArray(size * size);
  const places = Array.from({ length: size }, (_, point) => {
    const at = Math.min(side - 1, Math.max(0, ((point + 0.5) / size) * side - 0.5));
    const from = Math.min(side - 1, Math.floor(at));
    const share = at - from;
    return { from, to: Math.min(side - 1, from + 1), share: share * share * (3 - 2 * share) };
  });
  const region = (row: number, column: number) => heat[row * side + column] ?? 0;
  places.forEach((y, row) => {
    places.forEach((x, column) => {
      const above = region(y.from, x.from) * (1 - x.share) + region(y.from, x.to) * x.share;
      const below = region(y.to, x.from) * (1 - x.share) + region(y.to, x.to) * x.share;
      points[row * size + column] = above * (1 - y.share) + below * y.share;
    });
  });
  return points;
}
