// Which contest an address means: "/", "/board", "/c/<contest>" or "/c/<contest>/board".

export function contestOf(path: string): string {
  return /^\/c\/([a-z0-9-]+)(?:\/|$)/.exec(path)?.[1] ?? "";
}

export function playerPath(path: string): string {
  const contest = contestOf(path);
  return contest === "" ? "/" : `/c/${contest}`;
}

export function pictureUrl(sha256: string): string {
  return `/pictures/${sha256}.png`;
}

export function qrUrl(contest: string): string {
  return contest === "" ? "/qr.svg" : `/qr.svg?contest=${encodeURIComponent(contest)}`;
}
