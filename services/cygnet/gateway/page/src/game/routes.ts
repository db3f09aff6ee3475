// The gateway's addresses, read and written: "/", "/board", "/c/<contest>", "/c/<contest>/board", pictures, QR codes.

/** The contest that a path names; empty means the only contest there is. */
export function contestFromPath(path: string): string {
  return /^\/c\/([a-z0-9-]+)(?:\/|$)/.exec(path)?.[1] ?? "";
}

export function playerPath(path: string): string {
  const contest = contestFromPath(path);
  return contest === "" ? "/" : `/c/${contest}`;
}

export function pictureUrl(sha256: string): string {
  return `/pictures/${sha256}.png`;
}

/** `tries` makes the address of each new try a new one, since browsers remember failed pictures; `code`: presence's. */
export function qrUrl(contest: string, tries: number, code?: string): string {
  const query = [
    contest === "" ? [] : `contest=${contest}`,
    code === undefined ? [] : `code=${code}`,
    tries === 0 ? [] : `try=${tries}`,
  ].flat();
  return query.length === 0 ? "/qr.svg" : `/qr.svg?${query.join("&")}`;
}
