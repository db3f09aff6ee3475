// A picture as large as the screen allows.
import { useEffect, useRef } from "preact/hooks";
import { words } from "../text/language";
import { Picture } from "./Picture";

export interface LightboxContent {
  sha256: string;
  alt: string;
  title: string;
  score: string;
  /** Present where the prompt is known and may be used again. */
  usePrompt?: () => void;
}

export function Lightbox({ content, onClose }: { content: LightboxContent; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const text = words.value;
  const { usePrompt } = content;
  useEffect(() => dialog.current?.showModal(), []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click on the backdrop has its key already, Escape is the dialog's own
    <dialog
      class="lightbox"
      ref={dialog}
      aria-label={content.alt}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="lightbox-sheet">
        <Picture sha256={content.sha256} alt={content.alt} size={512} />
        <p class="prompt">
          <bdi>{content.title}</bdi>
        </p>
        <p class="points">{content.score}</p>
        <p class="actions">
          {usePrompt === undefined ? null : (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                dialog.current?.close();
                usePrompt();
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
