// One card for each submission that is pending, queued or being drawn, and one for the latest picture.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Player, Refusal } from "../game/player";
import { scoreText } from "../game/progress";
import type { Delivery } from "../game/submitter";
import { type Result, type Submission, SubmissionState } from "../gen/cygnet/v1/submission_pb";
import { words } from "../text/language";
import { editPrompt, scrollIntoView } from "./focus";
import { useExamples, useNow } from "./hooks";
import { describeDrawing, describeOutcome, describeQueue, describeRefusal, describeRetry } from "./messages";
import { Picture } from "./Picture";
import { ProgressBar, QueueLine } from "./ProgressBar";
import { hasUnread, ReadWords } from "./ReadWords";
import { HeatLegend, HeatMap, ScoreChangeNote, SubScores } from "./ScoreExplanation";

export function Cards({ player, onOpen }: { player: Player; onOpen: (submission: Submission) => void }) {
  const latest = player.submissions.latest.value;
  return (
    <div class="cards">
      {player.submitter.deliveries.value.map((delivery) => (
        <PendingCard key={delivery.pending.requestId} player={player} delivery={delivery} />
      ))}
      {player.submissions.unfinished.value.map((submission) => (
        <ActiveCard key={submission.submissionId} player={player} submission={submission} />
      ))}
      {latest === undefined ? null : (
        <FinishedCard key={latest.submissionId} player={player} submission={latest} onOpen={onOpen} />
      )}
    </div>
  );
}

function PendingCard({ player, delivery: { pending, stage } }: { player: Player; delivery: Delivery }) {
  const text = words.value;
  return (
    <article class="card" data-stage={stage.kind} aria-label={pending.prompt}>
      <p class="prompt">{pending.prompt}</p>
      {stage.kind === "sending" ? (
        <ProgressBar share={undefined} label={text.sendingButton} message={text.sending} />
      ) : null}
      {stage.kind === "sending" ? <p class="state">{text.sending}</p> : null}
      {stage.kind === "kept" ? <p class="state">{text.kept}</p> : null}
      {stage.kind === "inLine" ? (
        <InLine player={player} requestId={pending.requestId} retryAt={stage.retryAt} />
      ) : null}
      {stage.kind === "signedOut" ? <p class="state">{text.keptSignedOut}</p> : null}
      {stage.kind === "refused" ? <Refused player={player} requestId={pending.requestId} refusal={stage} /> : null}
    </article>
  );
}

function InLine({ player, requestId, retryAt }: { player: Player; requestId: string; retryAt: number }) {
  const now = useNow(500);
  const text = words.value;
  return (
    <>
      <p class="state">
        <span role="status">{text.inLine}</span>
        {/* For eyes: read out every second it would drown everything else. */}
        <span aria-hidden="true"> {text.sendsItselfIn(Math.max(1, Math.ceil((retryAt - now) / 1000)))}</span>
      </p>
      <p class="actions">
        <button type="button" class="quiet" onClick={() => player.submitter.discard(requestId)}>
          {text.discard}
        </button>
      </p>
    </>
  );
}

interface RefusedProps {
  player: Player;
  requestId: string;
  refusal: Refusal;
}

function Refused({ player, requestId, refusal }: RefusedProps) {
  const now = useNow(500);
  const text = words.value;
  const { message, retryAt } = describeRefusal(text, refusal, useExamples(player));
  const tooEarly = retryAt !== undefined && retryAt > now;
  return (
    <>
      <p class="state warn">
        {message} {retryAt === undefined ? null : describeRetry(text, retryAt, now)}
      </p>
      <p class="actions">
        <button type="button" class="quiet" disabled={tooEarly} onClick={() => player.submitter.retry(requestId)}>
          {text.tryAgain}
        </button>
        <button type="button" class="quiet" onClick={() => player.submitter.discard(requestId)}>
          {text.discard}
        </button>
      </p>
    </>
  );
}

function ActiveCard({ player, submission }: { player: Player; submission: Submission }) {
  const text = words.value;
  const drawing = submission.state === SubmissionState.DRAWING;
  const now = useNow(250, drawing);
  const outcome = describeOutcome(text, submission);
  const progress = describeDrawing(text, submission, player.clock, now);
  return (
    <article class="card" data-stage={drawing ? "drawing" : "queued"} aria-label={submission.prompt}>
      <p class="prompt">{submission.prompt}</p>
      {drawing ? (
        <ProgressBar share={progress.share} label={text.drawing} message={progress.message} />
      ) : (
        <QueueLine before={submission.queue?.position ?? 0} />
      )}
      <p class="state">
        <strong>{drawing ? text.drawing : text.queued}</strong>
        {" · "}
        {drawing ? progress.message : submission.queue === undefined ? null : describeQueue(text, submission.queue)}
      </p>
      {outcome === undefined ? null : <p class="note">{outcome}</p>}
    </article>
  );
}

/** The prompt of a picture, and how much of it the model took. */
function PromptAsRead({ submission: { prompt, reading }, result }: { submission: Submission; result: Result }) {
  const text = words.value;
  return (
    <>
      <p class={reading === undefined ? "prompt" : "prompt whole"}>
        {reading === undefined ? prompt : <ReadWords prompt={prompt} reading={reading} />}
      </p>
      {reading !== undefined && hasUnread(reading) ? <p class="note">{text.wordsNotRead}</p> : null}
      {result.fittedChars === undefined ? null : <p class="note">{text.fitted(result.fittedChars)}</p>}
    </>
  );
}

interface FinishedProps {
  player: Player;
  submission: Submission;
  onOpen: (submission: Submission) => void;
}

function FinishedCard({ player, submission, onOpen }: FinishedProps) {
  const text = words.value;
  const { result, failure, prompt } = submission;
  const card = useRef<HTMLElement>(null);
  const [explained, setExplained] = useState(false);
  const isNew = player.latestChange.peek()?.submissionId === submission.submissionId;
  useEffect(() => {
    if (isNew) scrollIntoView(card.current);
  }, [isNew]);
  const best = submission.target === player.target.value ? player.ownBest.value : undefined;
  const outcome = describeOutcome(text, submission);
  const usePrompt = (
    <button type="button" class="quiet" onClick={() => editPrompt(player, prompt)}>
      {text.usePrompt}
    </button>
  );
  if (submission.state === SubmissionState.FAILED || result === undefined) {
    return (
      <article class="card" data-stage="failed" aria-label={prompt} ref={card}>
        <p class="prompt">{prompt}</p>
        <p class="state warn">
          <strong>{text.failed}</strong> · {text.failure(failure?.reason ?? "", failure?.message ?? "")}
        </p>
        <p class="note">{text.failedHint}</p>
        <p class="actions">{usePrompt}</p>
      </article>
    );
  }
  return (
    <article class="card done" data-stage="done" aria-label={prompt} ref={card}>
      <button
        type="button"
        class="bare"
        aria-label={text.enlarge}
        data-explained={explained}
        onClick={() => onOpen(submission)}
      >
        <Picture sha256={result.pictureSha256} alt={text.pictureAlt(prompt)} size={256} />
        {explained ? <HeatMap result={result} /> : null}
      </button>
      <div class="verdict">
        <p class="score">
          <span class="score-name">{text.score}</span>
          <span class="score-value">{scoreText(result.score, player.contest.value.decimals)}</span>
          <span class="score-of">{text.outOf}</span>
          {result.score === best ? <span class="chip">{text.newBest}</span> : null}
        </p>
        <SubScores result={result} />
        <ScoreChangeNote player={player} submission={submission} />
        <PromptAsRead submission={submission} result={result} />
        {outcome === undefined ? null : <p class="note">{outcome}</p>}
        {explained ? <HeatLegend result={result} /> : null}
        <p class="actions">
          {result.heat.length === 0 ? null : (
            <button type="button" class="quiet" aria-pressed={explained} onClick={() => setExplained(!explained)}>
              {explained ? text.hideHeat : text.showHeat}
            </button>
          )}
          {usePrompt}
        </p>
      </div>
    </article>
  );
}
