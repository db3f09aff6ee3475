import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => {
  // `npm run dev` shows the page from its sources against a game that runs elsewhere.
  const game = loadEnv(mode, ".", "CYGNET_").CYGNET_URL ?? "http://127.0.0.1:8080";
  return {
    esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
    build: {
      target: "es2022",
      // The page is served under a policy that allows no inline code, and data: pictures count as such.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: { input: { index: "index.html", board: "board.html" } },
    },
    server: { proxy: { "^/(cygnet\\.v1\\.|pictures/|qr\\.svg)": game } },
    test: { include: ["unit/**/*.test.ts"], environment: "node" },
  };
});
