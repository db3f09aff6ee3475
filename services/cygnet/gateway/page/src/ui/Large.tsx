// A picture as large as the screen allows.
import { useEffect, useRef } from "preact/hooks";
import { words } from "../text/language";
import { Picture } from "./Picture";

export interface Shown {
  sha256: string;
  alt: string;
  title: string;
  score: string;
  /** Present where the prompt is known and may be used again. */
  use?: () => void;
}

export function Large({ shown, onClose }: { shown: Shown; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const text = words.value;
  useEffect(() => dialog.current?.showModal(), []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click on the backdrop has its key already, Escape is the dialog's own
    <dialog
      class="large"
      ref={dialog}
      aria-label={shown.alt}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="large-sheet">
        <Picture sha256={shown.sha256} alt={shown.alt} size={512} />
        <p class="prompt">
          <bdi>{shown.title}</bdi>
        </p>
        <p class="points">{shown.score}</p>
        <p class="actions">
          {shown.use === undefined ? null : (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                dialog.current?.close();
                shown.use?.();
              }}
            >
              {text.usePrompt}
            </button>
          )}
          <button type="button" class="primary" onClick={() => dialog.current?.close()}>
            {text.close}
          </button>
        </p>
      </div>
    </dialog>
  );
}
