// One card for each wish and submission that is under way, and one for the latest picture.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Player } from "../game/player";
import { scoreText } from "../game/progress";
import type { Sent } from "../game/sending";
import { type Submission, SubmissionState } from "../gen/cygnet/v1/submission_pb";
import { words } from "../text/language";
import { bringIntoView, goToPrompt } from "./moving";
import { Picture } from "./Picture";
import { Line, Swim } from "./Swim";
import { sayAnswer, sayCountdown, sayDrawing, sayQueue, sayRefusal } from "./saying";
import { useNow } from "./time";
import { Heat, Parts, Since } from "./Why";

export function Cards({ player, onOpen }: { player: Player; onOpen: (submission: Submission) => void }) {
  const latest = player.mine.latest.value;
  return (
    <div class="cards">
      {player.sending.wishes.value.map((sent) => (
        <WishCard key={sent.wish.requestId} player={player} sent={sent} />
      ))}
      {player.mine.unfinished.value.map((submission) => (
        <UnderWay key={submission.submissionId} player={player} submission={submission} />
      ))}
      {latest === undefined ? null : (
        <Finished key={latest.submissionId} player={player} submission={latest} onOpen={onOpen} />
      )}
    </div>
  );
}

function WishCard({ player, sent: { wish, stage } }: { player: Player; sent: Sent }) {
  const text = words.value;
  return (
    <article class="card" data-stage={stage.is} aria-label={wish.prompt}>
      <p class="prompt">{wish.prompt}</p>
      {stage.is === "sending" ? <Swim share={undefined} label={text.sendingButton} words={text.sending} /> : null}
      {stage.is === "sending" ? <p class="state">{text.sending}</p> : null}
      {stage.is === "kept" ? <p class="state">{text.kept}</p> : null}
      {stage.is === "signedOut" ? <p class="state">{text.keptSignedOut}</p> : null}
      {stage.is === "refused" ? <Refused player={player} requestId={wish.requestId} refusal={stage} /> : null}
    </article>
  );
}

interface RefusedProps {
  player: Player;
  requestId: string;
  refusal: Parameters<typeof sayRefusal>[1];
}

function Refused({ player, requestId, refusal }: RefusedProps) {
  const now = useNow(500);
  const text = words.value;
  const { words: said, againAt } = sayRefusal(text, refusal);
  const early = againAt !== undefined && againAt > now;
  return (
    <>
      <p class="state warn">
        {said} {againAt === undefined ? null : sayCountdown(text, againAt, now)}
      </p>
      <p class="actions">
        <button type="button" class="quiet" disabled={early} onClick={() => player.sending.retry(requestId)}>
          {text.tryAgain}
        </button>
        <button type="button" class="quiet" onClick={() => player.sending.forget(requestId)}>
          {text.discard}
        </button>
      </p>
    </>
  );
}

function UnderWay({ player, submission }: { player: Player; submission: Submission }) {
  const text = words.value;
  const drawing = submission.state === SubmissionState.DRAWING;
  const now = useNow(250, drawing);
  const answer = sayAnswer(text, submission);
  const drawn = sayDrawing(text, submission, player.clock, now);
  return (
    <article class="card" data-stage={drawing ? "drawing" : "queued"} aria-label={submission.prompt}>
      <p class="prompt">{submission.prompt}</p>
      {drawing ? (
        <Swim share={drawn.share} label={text.drawing} words={drawn.words} />
      ) : (
        <Line before={submission.queue?.position ?? 0} />
      )}
      <p class="state">
        <strong>{drawing ? text.drawing : text.queued}</strong>
        {" · "}
        {drawing ? drawn.words : submission.queue === undefined ? null : sayQueue(text, submission.queue)}
      </p>
      {answer === undefined ? null : <p class="note">{answer}</p>}
    </article>
  );
}

interface FinishedProps {
  player: Player;
  submission: Submission;
  onOpen: (submission: Submission) => void;
}

function Finished({ player, submission, onOpen }: FinishedProps) {
  const text = words.value;
  const { result, failure, prompt } = submission;
  const whole = useRef<HTMLElement>(null);
  const [explained, setExplained] = useState(false);
  const news = player.happened.peek()?.submissionId === submission.submissionId;
  useEffect(() => {
    if (news) bringIntoView(whole.current);
  }, [news]);
  const best = submission.target === player.target.value ? player.ownBest.value : undefined;
  const answer = sayAnswer(text, submission);
  const use = (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        player.write(prompt);
        goToPrompt();
      }}
    >
      {text.usePrompt}
    </button>
  );
  if (submission.state === SubmissionState.FAILED || result === undefined) {
    return (
      <article class="card" data-stage="failed" aria-label={prompt} ref={whole}>
        <p class="prompt">{prompt}</p>
        <p class="state warn">
          <strong>{text.failed}</strong> · {text.failure(failure?.reason ?? "", failure?.message ?? "")}
        </p>
        <p class="note">{text.failedHint}</p>
        <p class="actions">{use}</p>
      </article>
    );
  }
  return (
    <article class="card done" data-stage="done" aria-label={prompt} ref={whole}>
      <button
        type="button"
        class="bare"
        aria-label={text.enlarge}
        data-explained={explained}
        onClick={() => onOpen(submission)}
      >
        <Picture sha256={result.pictureSha256} alt={text.pictureAlt(prompt)} size={256} />
        {explained ? <Heat heat={result.heat} /> : null}
      </button>
      <div class="verdict">
        <p class="score">
          <span class="score-name">{text.score}</span>
          <span class="score-value">{scoreText(result.score, player.contest.value.decimals)}</span>
          <span class="score-of">{text.outOf}</span>
          {result.score === best ? <span class="chip">{text.newBest}</span> : null}
        </p>
        <Parts result={result} />
        <Since player={player} submission={submission} />
        <p class="prompt">{prompt}</p>
        {answer === undefined ? null : <p class="note">{answer}</p>}
        {explained ? <p class="note">{text.heatLegend}</p> : null}
        <p class="actions">
          {result.heat.length === 0 ? null : (
            <button type="button" class="quiet" aria-pressed={explained} onClick={() => setExplained(!explained)}>
              {explained ? text.hideHeat : text.showHeat}
            </button>
          )}
          {use}
        </p>
      </div>
    </article>
  );
}
