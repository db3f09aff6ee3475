// A provider's widget, where a proof is due and the server offers one: loaded from the provider's host, and only then.
import { signal } from "@preact/signals";
import type { CaptchaWidget } from "../gen/cygnet/v1/submission_pb";

export interface Offer {
  /** Counts them: each is a widget of its own. */
  number: number;
  widget: CaptchaWidget;
  /** Ends it: with a token, or without one, when another way is wanted or the widget does not work. */
  settle(token: string | undefined): void;
}

/** The widget that is to be shown now. */
export const offer = signal<Offer | undefined>(undefined);

const LOADS_WITHIN_MS = 10_000;
const SCRIPTS: Record<string, string> = {
  turnstile: "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit&onload=cygnetWidgetReady",
  hcaptcha: "https://js.hcaptcha.com/1/api.js?render=explicit&recaptchacompat=off&onload=cygnetWidgetReady",
};

interface Renderer {
  render(place: HTMLElement, options: Record<string, unknown>): unknown;
}

declare global {
  interface Window {
    cygnetWidgetReady?: () => void;
    turnstile?: Renderer;
    hcaptcha?: Renderer;
    Cap?: new (options: { apiEndpoint: string }) => { solve(): Promise<{ token: string }> };
  }
}

let otherWay = false;
let count = 0;
let last: Promise<unknown> = Promise.resolve();

/** Shows a widget, one at a time; resolves with its token, or with nothing where the challenge has to do. */
export function tokenOf(widget: CaptchaWidget): Promise<string | undefined> {
  const mine = last.then(
    () =>
      new Promise<string | undefined>((resolve) => {
        if (otherWay) return resolve(undefined);
        count += 1;
        offer.value = {
          number: count,
          widget,
          settle(token) {
            offer.value = undefined;
            resolve(token);
          },
        };
      }),
  );
  last = mine;
  return mine;
}

/** The person who looks cannot use the widget: they are not asked again before the page is loaded anew. */
export function chooseOtherWay(): void {
  otherWay = true;
  offer.peek()?.settle(undefined);
}

/** Puts the widget where it is seen. Whatever goes wrong with it is no reason to stop: there is another way. */
export async function show({ widget, settle }: Offer, place: HTMLElement): Promise<void> {
  const { provider, siteKey, url, action, subject } = widget;
  try {
    if (provider === "cap") {
      await load(`${url}/assets/widget.js`, () => window.Cap !== undefined);
      const cap = window.Cap && new window.Cap({ apiEndpoint: `${url}/${siteKey}/` });
      return settle((await cap?.solve())?.token);
    }
    const name = provider === "hcaptcha" ? "hcaptcha" : "turnstile";
    await load(SCRIPTS[provider] ?? "", () => window[name] !== undefined);
    const failed = () => settle(undefined);
    window[name]?.render(place, {
      sitekey: siteKey,
      ...(name === "turnstile" ? { action, cData: subject } : {}),
      callback: settle,
      "error-callback": failed,
    });
  } catch {
    settle(undefined);
  }
}

function load(address: string, isThere: () => boolean): Promise<void> {
  if (isThere()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    setTimeout(reject, LOADS_WITHIN_MS);
    script.onerror = reject;
    script.onload = () => isThere() && resolve();
    window.cygnetWidgetReady = resolve;
    script.src = address;
    document.head.append(script);
  });
}
