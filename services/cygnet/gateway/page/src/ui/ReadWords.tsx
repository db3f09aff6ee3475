// A prompt word by word: what the model read of it, and what changed nothing.
import { segments } from "../game/reading";
import type { Reading } from "../gen/cygnet/v1/submission_pb";
import { words } from "../text/language";

/** Whether the model left out any word. */
export function hasUnread(reading: Reading): boolean {
  return reading.spans.some(({ read }) => !read);
}

export function ReadWords({ prompt, reading }: { prompt: string; reading: Reading }) {
  const { notRead } = words.value;
  return (
    <bdi class="read-words">
      {segments(prompt, reading).map(({ text, read }, index) =>
        read === false ? (
          <s key={index}>
            {text}
            <span class="visually-hidden"> ({notRead})</span>
          </s>
        ) : (
          text
        ),
      )}
    </bdi>
  );
}
