// A picture that says what it is while it is not there: words while it loads, words and a way out when it fails.
import { useEffect, useState } from "preact/hooks";
import { pictureUrl } from "../game/routes";
import { words } from "../text/language";

const RETRY_MS = [1_500, 5_000, 15_000];

interface Props {
  sha256: string;
  alt: string;
  size: number;
  class?: string;
  /** Small pictures have no room for a button; they try again by themselves only. */
  small?: boolean;
}

export function Picture(props: Props) {
  // A new picture starts with a clean slate.
  return <Loading key={props.sha256} {...props} />;
}

function Loading({ sha256, alt, size, class: name, small = false }: Props) {
  const [state, setState] = useState<"loading" | "shown" | "failed">("loading");
  const [tries, setTries] = useState(0);
  const again = () => {
    setState("loading");
    setTries((n) => n + 1);
  };

  useEffect(() => {
    const pause = RETRY_MS[tries];
    if (state !== "failed" || pause === undefined) return;
    const timer = setTimeout(again, pause);
    return () => clearTimeout(timer);
  });

  const text = words.value;
  const url = pictureUrl(sha256);
  return (
    <span class={`picture ${name ?? ""}`} data-state={state}>
      {state === "failed" ? null : (
        <img
          key={tries}
          src={tries === 0 ? url : `${url}?try=${tries}`}
          alt={alt}
          width={size}
          height={size}
          decoding="async"
          onLoad={() => setState("shown")}
          onError={() => setState("failed")}
        />
      )}
      {state === "loading" ? (
        <span class="picture-words" aria-hidden="true">
          {small ? "…" : text.pictureLoading}
        </span>
      ) : null}
      {state === "failed" ? (
        <span class="picture-words" title={text.pictureFailed}>
          {small ? <span aria-hidden="true">?</span> : text.pictureFailed}
          {small ? (
            <span class="visually-hidden">{text.pictureFailed}</span>
          ) : (
            <button type="button" class="quiet" onClick={again}>
              {text.reload}
            </button>
          )}
        </span>
      ) : null}
    </span>
  );
}
