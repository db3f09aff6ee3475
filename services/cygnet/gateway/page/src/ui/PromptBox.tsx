// Where the prompt is written.
import { useEffect, useRef } from "preact/hooks";
import type { Player } from "../game/player";
import { promptLength, toOneLine } from "../game/prompt";
import { words } from "../text/language";
import { useExamples, useNow } from "./hooks";
import { describeRefusal, describeRetry } from "./messages";
import { ClosedNotice } from "./PhaseNotice";
import { SolvingNote } from "./PresenceNote";
import { hasUnread, ReadWords } from "./ReadWords";
import { WidgetBox } from "./WidgetBox";

export function PromptBox({ player }: { player: Player }) {
  const text = words.value;
  const box = useRef<HTMLTextAreaElement>(null);
  const composing = useRef(false);
  const sendWhenComposed = useRef(false);
  const limit = player.contest.value.maxPromptChars;
  const used = promptLength(toOneLine(player.draft.value));
  const sending = player.pendingRequestId.value !== undefined;
  const open = player.phase.acceptsPrompts.value;
  const [example] = useExamples(player);

  const send = () => {
    // Leaving the box ends an unfinished syllable of an input method; what is sent is what was composed.
    box.current?.blur();
    if (composing.current) sendWhenComposed.current = true;
    else player.submit();
  };
  const setComposing = (now: boolean) => {
    composing.current = now;
    player.reader.composing = now;
  };
  const onComposed = (written: string) => {
    setComposing(false);
    player.setDraft(written);
    if (sendWhenComposed.current) player.submit();
    sendWhenComposed.current = false;
  };

  return (
    <form
      class="prompt-box"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="title" for="prompt">
        {text.promptTitle}
      </label>
      <textarea
        id="prompt"
        ref={box}
        rows={3}
        dir="auto"
        autocomplete="off"
        placeholder={text.promptPlaceholder(example)}
        value={player.draft.value}
        // Not disabled: who is just writing keeps the caret, and the text can still be copied.
        readOnly={sending || !open}
        aria-invalid={used > limit}
        aria-describedby="prompt-count prompt-reading prompt-refusal"
        onInput={(event) => player.setDraft(event.currentTarget.value)}
        onCompositionStart={() => setComposing(true)}
        onCompositionEnd={(event) => onComposed(event.currentTarget.value)}
        onKeyDown={(event) => {
          // Enter alone ends a syllable in Korean and Japanese, so it never sends.
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
            event.preventDefault();
            send();
          }
        }}
      />
      <div class="prompt-foot">
        {open ? (
          <span id="prompt-count" class={used > limit ? "count over" : "count"}>
            {text.counter(used, limit)}
            {used > limit ? ` (${text.tooLong(used - limit)})` : null}
          </span>
        ) : (
          <span id="prompt-count" class="closed-notice">
            <ClosedNotice phase={player.phase} />
          </span>
        )}
        <button type="submit" class="primary" disabled={!player.canSubmit.value}>
          {sending ? text.sendingButton : text.draw}
        </button>
      </div>
      <div id="prompt-reading" role="status">
        <DraftWords player={player} />
      </div>
      <SolvingNote />
      <WidgetBox />
      <div id="prompt-refusal" role="alert">
        {player.refusal.value === undefined ? null : <RefusalNote player={player} />}
      </div>
    </form>
  );
}

/** What will be read of the draft. A line of its own: nothing lies over the box, so that no input method is disturbed. */
function DraftWords({ player }: { player: Player }) {
  const text = words.value;
  const examples = useExamples(player);
  const draft = player.reader.latest.value;
  // The same is said by the refusal of a prompt that was sent.
  if (draft === undefined || player.refusal.value !== undefined) return null;
  const { prompt, reading } = draft;
  if (reading.caption === "") return <p class="draft-words unread">{text.nothingRead(examples)}</p>;
  if (!hasUnread(reading)) return <p class="draft-words">{text.allRead}</p>;
  return (
    <p class="draft-words">
      {text.willNotBeRead} <ReadWords prompt={prompt} reading={reading} />
    </p>
  );
}

function RefusalNote({ player }: { player: Player }) {
  const now = useNow(500);
  const text = words.value;
  const refusal = player.refusal.value;
  const examples = useExamples(player);
  const described = refusal === undefined ? undefined : describeRefusal(text, refusal, examples);
  const over = described?.retryAt !== undefined && described.retryAt <= now;

  useEffect(() => {
    if (!over) return;
    const timer = setTimeout(() => {
      player.refusal.value = undefined;
    }, 8_000);
    return () => clearTimeout(timer);
  }, [over, player]);

  if (described === undefined) return null;
  return (
    <p class="refusal" data-reason={refusal?.problem.kind === "refused" ? refusal.problem.reason : undefined}>
      {described.message}
      {/* The countdown is for eyes: read out every second it would drown everything else. */}
      {described.retryAt === undefined ? null : (
        <span aria-hidden="true"> {describeRetry(text, described.retryAt, now)}</span>
      )}
    </p>
  );
}
