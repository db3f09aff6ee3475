// Waiting and drawing as a cygnet on the water.
import { Cygnet } from "./art";

/** A bar that fills with water while the cygnet swims along. An undefined share means that nobody can say. */
export function Swim({ share, label, words }: { share: number | undefined; label: string; words: string }) {
  const percent = share === undefined ? undefined : Math.round(share * 1000) / 10;
  return (
    <div
      class="swim"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent === undefined ? undefined : Math.round(percent)}
      aria-valuetext={words}
      data-open={percent === undefined}
    >
      <span class="swim-water" style={percent === undefined ? undefined : { width: `${percent}%` }} />
      <span class="swim-cygnet" style={percent === undefined ? undefined : { left: `${percent}%` }}>
        <Cygnet plain />
      </span>
    </div>
  );
}

const MOST_SHOWN = 7;

/** Those before, and the own one at the end of the line. */
export function Line({ before }: { before: number }) {
  const shown = Math.min(before, MOST_SHOWN);
  return (
    <div class="line" aria-hidden="true">
      <Cygnet plain class="line-own" />
      {Array.from({ length: shown }, (_, i) => (
        <Cygnet key={i} plain class="line-other" />
      ))}
      {before > shown ? <span class="line-more">+{before - shown}</span> : null}
    </div>
  );
}
