import { loadEnv, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * Leaves protobuf's JSON out: the page speaks binary only, but connect's transport offers both and no bundler can tell.
 * 5 kB of 60, compressed.
 */
function withoutJson(): Plugin {
  const names = {
    "from-json": ["fromJson", "fromJsonString", "mergeFromJson", "mergeFromJsonString", "enumFromJson", "isEnumJson"],
    "to-json": ["toJson", "toJsonString", "enumToJson"],
  };
  return {
    name: "without-json",
    apply: "build",
    enforce: "pre",
    load(id) {
      const file = /@bufbuild\/protobuf\/dist\/esm\/(from-json|to-json)\.js$/.exec(id)?.[1] as keyof typeof names;
      return names[file]
        ?.map((name) => `export function ${name}() { throw new Error("built without JSON"); }`)
        .join("\n");
    },
  };
}

export default defineConfig(({ mode }) => {
  // `npm run dev` shows the page from its sources against a game that runs elsewhere.
  const game = loadEnv(mode, ".", "CYGNET_").CYGNET_URL ?? "http://127.0.0.1:8080";
  return {
    plugins: [withoutJson()],
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
