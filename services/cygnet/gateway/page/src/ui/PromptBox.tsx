// Where the prompt is written.
import { useEffect, useRef } from "preact/hooks";
import type { Player } from "../game/player";
import { asOneLine, lengthOf } from "../game/prompt";
import { words } from "../text/language";
import { WhyClosed } from "./Opening";
import { sayCountdown, sayRefusal } from "./saying";
import { useNow } from "./time";

export function PromptBox({ player }: { player: Player }) {
  const text = words.value;
  const box = useRef<HTMLTextAreaElement>(null);
  const composing = useRef(false);
  const sendWhenComposed = useRef(false);
  const most = player.contest.value.maxPromptChars;
  const used = lengthOf(asOneLine(player.draft.value));
  const sending = player.inBox.value !== undefined;
  const open = player.opening.takesPrompts.value;

  const send = () => {
    // Leaving the box ends an unfinished syllable of an input method; what is sent is what was composed.
    box.current?.blur();
    if (composing.current) sendWhenComposed.current = true;
    else player.submit();
  };
  const composed = (written: string) => {
    composing.current = false;
    player.write(written);
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
        placeholder={text.promptPlaceholder}
        value={player.draft.value}
        // Not disabled: who is just writing keeps the caret, and the text can still be copied.
        readOnly={sending || !open}
        aria-invalid={used > most}
        aria-describedby="prompt-count prompt-refusal"
        onInput={(event) => player.write(event.currentTarget.value)}
        onCompositionStart={() => {
          composing.current = true;
        }}
        onCompositionEnd={(event) => composed(event.currentTarget.value)}
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
          <span id="prompt-count" class={used > most ? "count over" : "count"}>
            {text.counter(used, most)}
            {used > most ? ` (${text.tooLong(used - most)})` : null}
          </span>
        ) : (
          <span id="prompt-count" class="why-closed">
            <WhyClosed opening={player.opening} />
          </span>
        )}
        <button type="submit" class="primary" disabled={!player.sendable.value}>
          {sending ? text.sendingButton : text.draw}
        </button>
      </div>
      <div id="prompt-refusal" role="alert">
        {player.refusal.value === undefined ? null : <RefusalNote player={player} />}
      </div>
    </form>
  );
}

function RefusalNote({ player }: { player: Player }) {
  const now = useNow(500);
  const text = words.value;
  const refusal = player.refusal.value;
  const said = refusal === undefined ? undefined : sayRefusal(text, refusal);
  const over = said?.againAt !== undefined && said.againAt <= now;

  useEffect(() => {
    if (!over) return;
    const timer = setTimeout(() => {
      player.refusal.value = undefined;
    }, 8_000);
    return () => clearTimeout(timer);
  }, [over, player]);

  if (said === undefined) return null;
  return (
    <p class="refusal" data-reason={refusal?.problem.kind === "refused" ? refusal.problem.reason : undefined}>
      {said.words}
      {/* The countdown is for eyes: read out every second it would drown everything else. */}
      {said.againAt === undefined ? null : <span aria-hidden="true"> {sayCountdown(text, said.againAt, now)}</span>}
    </p>
  );
}
