// Solves one challenge beside the page, which goes on moving meanwhile.
import { type Challenge, search } from "./solve";

const MOST = 2 ** 32;

addEventListener("message", ({ data }: MessageEvent<Challenge>) => postMessage(search(data, 0, MOST)));
