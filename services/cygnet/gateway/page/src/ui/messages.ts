// Turns states and problems into sentences; the only place that decides which words belong to which case.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Refusal } from "../game/player";
import { drawnShare, type ServerClock, scoreText } from "../game/progress";
import type { ScoreChange } from "../game/scoreBreakdown";
import { AdmissionOutcome, type QueuePlace, type Submission, SubmissionState } from "../gen/cygnet/v1/submission_pb";
import type { Problem } from "../rpc/problem";
import type { Words } from "../text/en";
import { waitRange } from "../text/time";

export function describeQueue(text: Words, place: QueuePlace): string {
  const position = place.position === 0 ? text.next : text.before(place.position);
  if (place.noWorker) return `${position} ${text.noWorker}`;
  const wait = place.measuring ? text.measuring : text.wait(waitRange(Number(place.p50Ms), Number(place.p90Ms)));
  return `${position} ${wait}`;
}

export interface DrawingProgress {
  share: number | undefined;
  message: string;
}

export function describeDrawing(text: Words, submission: Submission, clock: ServerClock, now: number): DrawingProgress {
  const typicalMs = Number(submission.drawing?.typicalMs ?? 0n);
  const startedAt = submission.drawing?.startedAt;
  const elapsedMs = startedAt === undefined ? 0 : clock.since(timestampMs(startedAt), now);
  const usual = typicalMs === 0 ? text.measuring : text.usually(Math.max(1, Math.round(typicalMs / 1000)));
  const detail = typicalMs > 0 && elapsedMs > typicalMs * 1.5 ? text.longer : usual;
  return { share: drawnShare(elapsedMs, typicalMs), message: `${text.drawingNow} ${detail}` };
}

/** How the submission was admitted, where that is worth a word. */
export function describeOutcome(text: Words, { outcome, state }: Submission): string | undefined {
  if (outcome === AdmissionOutcome.REPEATED) return text.repeated;
  if (outcome === AdmissionOutcome.COALESCED)
    return state === SubmissionState.DONE ? text.coalescedDone : text.coalesced;
  return undefined;
}

/** One line: the score's difference first, then those of its parts. */
export function describeScoreChange(text: Words, { score, what, look }: ScoreChange, decimals: number): string {
  const signed = (by: number, digits: number) =>
    by === 0 ? "=" : `${by > 0 ? "↑" : "↓"}\u00a0${scoreText(Math.abs(by), digits)}`;
  const part = (name: string, by: number | undefined) => (by === undefined ? [] : [`${name}\u00a0${signed(by, 0)}`]);
  return [
    `${text.sinceLast} ${signed(score, decimals)}`,
    ...part(text.whatShort, what),
    ...part(text.lookShort, look),
  ].join(" · ");
}

export interface RefusalMessage {
  message: string;
  /** When trying again is worth it, in milliseconds of this browser's clock; undefined when waiting does not help. */
  retryAt: number | undefined;
}

/** `examples` are prompts that can be drawn. */
export function describeRefusal(
  text: Words,
  { problem, refusedAt }: Refusal,
  examples: readonly string[],
): RefusalMessage {
  switch (problem.kind) {
    case "refused":
      return { message: text.refused(problem.reason, problem.message), retryAt: refusedAt + problem.retryAfterMs };
    case "invalid":
      if (problem.reason === "NOTHING_READ") return { message: text.nothingRead(examples), retryAt: undefined };
      return { message: text.invalidPrompt(problem.fields.get("prompt") ?? problem.message), retryAt: undefined };
    case "signedOut":
      return { message: text.joinAgain, retryAt: undefined };
    case "unreachable":
      return { message: text.unreachable, retryAt: undefined };
    case "denied":
      return { message: text.notAllowed(text.refused(problem.reason, problem.message)), retryAt: undefined };
    default:
      return { message: text.notAllowed(problem.message), retryAt: undefined };
  }
}

/** Longer waits are given by the clock: nobody counts an hour's seconds. */
const MAX_COUNTDOWN_S = 120;

export function describeRetry(text: Words, retryAt: number, now: number): string {
  const remaining = Math.ceil((retryAt - now) / 1000);
  if (remaining > MAX_COUNTDOWN_S) return text.againAt(new Date(retryAt));
  return remaining > 0 ? text.againIn(remaining) : text.againNow;
}

export function describeJoinProblem(text: Words, problem: Problem): string {
  if (problem.kind === "invalid") return text.invalidNickname(problem.fields.get("nickname") ?? problem.message);
  if (problem.kind === "refused" || problem.kind === "denied") {
    return text.notAllowed(text.refused(problem.reason, problem.message));
  }
  if (problem.kind === "notFound") return text.notAllowed(problem.message);
  return text.joinFailed;
}

/** A sentence for a screen reader at each new state; places in the queue change too often to be read out. */
export function describeState(text: Words, submission: Submission, decimals: number): string {
  const outcome = describeOutcome(text, submission) ?? "";
  switch (submission.state) {
    case SubmissionState.QUEUED:
      return `${text.queued}. ${outcome}`;
    case SubmissionState.DRAWING:
      return `${text.drawing}. ${outcome}`;
    case SubmissionState.DONE:
      return `${text.done}. ${text.score}: ${scoreText(submission.result?.score ?? 0, decimals)}. ${outcome}`;
    case SubmissionState.FAILED:
      return `${text.failed}. ${text.failure(submission.failure?.reason ?? "", submission.failure?.message ?? "")}`;
    default:
      return "";
  }
}
