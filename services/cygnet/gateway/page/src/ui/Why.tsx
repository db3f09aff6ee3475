// Why a picture has its score: what is there, how it looks, where that lies, and what changed since the try before.
import { useEffect, useRef } from "preact/hooks";
import { change, smoothHeat, tryBefore } from "../game/likeness";
import type { Player } from "../game/player";
import type { Result, Submission } from "../gen/cygnet/v1/submission_pb";
import { words } from "../text/language";
import { sayChange } from "./saying";

/** Points a side: more than enough for something that has no edges. */
const POINTS = 64;
/** Amber over the greyed picture: told apart by brightness alone, whatever colours an eye can see. */
const AMBER = [255, 196, 0] as const;
const THICKEST = 0.8 * 255;
/** Hiding anything costs a little: what counts little is shown as less, so that no haze lies over the whole picture. */
const CONTRAST = 1.5;

export function Parts({ result }: { result: Result }) {
  const text = words.value;
  return (
    <>
      <Part name={text.what} score={result.whatScore} />
      <Part name={text.look} score={result.lookScore} />
    </>
  );
}

function Part({ name, score }: { name: string; score: number | undefined }) {
  if (score === undefined) return null;
  return (
    <p class="part">
      <span class="part-name">{name}</span>
      <span class="part-bar" aria-hidden="true">
        <span class="part-fill" style={{ width: `${score}%` }} />
      </span>
      <span class="part-value">{score.toFixed(0)}</span>
    </p>
  );
}

export function Since({ player, submission }: { player: Player; submission: Submission }) {
  const { decimals } = player.contest.value;
  const before = tryBefore(player.mine.newestFirst.value, submission);
  if (before?.result === undefined || submission.result === undefined) return null;
  const difference = change(before.result, submission.result, decimals);
  if (difference === undefined) return null;
  return <p class="since">{sayChange(words.value, difference, decimals)}</p>;
}

export function Heat({ heat }: { heat: Uint8Array }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(POINTS, POINTS);
    smoothHeat(heat, POINTS).forEach((heat, point) => {
      image.data.set([...AMBER, (heat / 255) ** CONTRAST * THICKEST], point * 4);
    });
    context.putImageData(image, 0, 0);
  }, [heat]);
  return <canvas class="heat" ref={canvas} width={POINTS} height={POINTS} />;
}
