// Where a provider's widget is shown, with another way beside it.
import { useEffect, useRef } from "preact/hooks";
import { chooseOtherWay, type Offer, offer, show } from "../proof/widget";
import { words } from "../text/language";

export function WidgetBox() {
  const shown = offer.value;
  return shown === undefined ? null : <Shown key={shown.number} shown={shown} />;
}

function Shown({ shown }: { shown: Offer }) {
  const text = words.value;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current !== null) void show(shown, place.current);
  }, [shown]);
  return (
    <section class="widget" aria-label={text.widgetTitle}>
      <p class="note" role="status">
        {text.widgetTitle}
      </p>
      {/* What is in it is the provider's. */}
      <div ref={place} />
      <button type="button" class="quiet" onClick={chooseOtherWay}>
        {text.widgetOtherWay}
      </button>
    </section>
  );
}
