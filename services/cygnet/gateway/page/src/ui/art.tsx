// The pond: everything that is drawn here is drawn by hand, in the colours of the style sheet.

/** A cygnet on the water, looking right. `plain` leaves out what gets lost at small sizes. */
export function Cygnet({ class: name, plain = false }: { class?: string; plain?: boolean }) {
  return (
    <svg class={`cygnet ${name ?? ""}`} viewBox="0 0 64 56" aria-hidden="true" focusable="false">
      <path
        class="cygnet-body"
        d="M3 27c5 4 9 5 14 4 6-1 11-4 17-3 4 1 6 0 7-4 1-3 0-6-1-9C39 8 44 3 50 3c6 0 10 4 10 9 0 4-2 7-5 9-3 3-4 6-3 10 3 11-5 21-22 21C14 52 4 44 3 27Z"
      />
      <path class="cygnet-wing" d="M13 36c5 6 14 8 22 3 2-1 3-3 3-5" />
      <path class="cygnet-beak" d="M59 10c3 0 5 2 5 3s-3 3-6 3c-1 0-1-5 1-6Z" />
      <circle class="cygnet-eye" cx="51" cy="10.5" r="2" />
      {plain ? null : <path class="cygnet-tuft" d="M46 4c-1-2-1-3 0-4M50 3c0-2 1-3 2-3" />}
    </svg>
  );
}

const CRESTS = 36;

/** The edge of the water: as wide as the widest screen, cut to the width there is. */
export function Waves({ class: name }: { class?: string }) {
  const crest = Array.from({ length: CRESTS }, (_, i) => `q25 ${i % 2 ? 14 : -14} 50 0`).join(" ");
  return (
    <svg
      class={`waves ${name ?? ""}`}
      viewBox={`0 0 ${CRESTS * 50 - 100} 30`}
      preserveAspectRatio="xMidYMax slice"
      aria-hidden="true"
      focusable="false"
    >
      <path class="waves-back" d={`M-100 12 ${crest} V30 H-100Z`} />
      <path class="waves-front" d={`M-75 19 ${crest} V30 H-75Z`} />
    </svg>
  );
}

/** Reeds at the edge of the pond. */
export function Reeds({ class: name }: { class?: string }) {
  return (
    <svg class={`reeds ${name ?? ""}`} viewBox="0 0 90 120" aria-hidden="true" focusable="false">
      <path class="reeds-stem" d="M20 120C22 80 18 50 22 22M42 120c0-36 4-70 0-104M64 120c-3-30 2-52 6-78" />
      <path
        class="reeds-leaf"
        d="M30 120C26 90 12 74 2 66c16 2 28 20 34 54M52 120c2-36 18-54 34-60-12 14-20 30-24 60"
      />
      <rect class="reeds-head" x="17" y="10" width="9" height="30" rx="4.5" transform="rotate(4 21 25)" />
      <rect class="reeds-head" x="37" y="2" width="9" height="32" rx="4.5" />
      <rect class="reeds-head" x="66" y="30" width="8" height="26" rx="4" transform="rotate(10 70 43)" />
    </svg>
  );
}
