// Waiting and drawing, shown as a cygnet on the water.
import { Cygnet } from "./art";

/** A bar that fills with water while the cygnet swims along. An undefined share means that nobody can say. */
export function ProgressBar({ share, label, message }: { share: number | undefined; label: string; message: string }) {
  const percent = share === undefined ? undefined : Math.round(share * 1000) / 10;
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent === undefined ? undefined : Math.round(percent)}
      aria-valuetext={message}
      data-indeterminate={percent === undefined}
    >
      <span class="progress-fill" style={percent === undefined ? undefined : { width: `${percent}%` }} />
      <span class="progress-cygnet" style={percent === undefined ? undefined : { left: `${percent}%` }}>
        <Cygnet plain />
      </span>
    </div>
  );
}

const MAX_SHOWN = 7;

/** The drawings before the player's, and the player's at the end of the line. */
export function QueueLine({ before }: { before: number }) {
  const shown = Math.min(before, MAX_SHOWN);
  return (
    <div class="queue-line" aria-hidden="true">
      <Cygnet plain class="queue-own" />
      {Array.from({ length: shown }, (_, i) => (
        <Cygnet key={i} plain class="queue-other" />
      ))}
      {before > shown ? <span class="queue-more">+{before - shown}</span> : null}
    </div>
  );
}
