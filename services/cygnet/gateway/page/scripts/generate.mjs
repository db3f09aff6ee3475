// Writes src/gen from the contract in proto/, or says (--check) whether what is committed is stale.
// protoc and google/rpc come from the repository's Python environment, so nothing is downloaded.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const page = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(page, "../../../..");
const committed = join(page, "src/gen");
const protos = ["contest", "submission", "leaderboard", "presence"].map((name) => `cygnet/v1/${name}.proto`);

const inside = join(root, ".venv/bin/python");
const python = process.env.CYGNET_PYTHON ?? (existsSync(inside) ? inside : "python3");

function generate(target) {
  const google = execFileSync(python, [
    "-c",
    "import importlib.util as u; print(list(u.find_spec('google.rpc').submodule_search_locations)[0])",
  ]);
  execFileSync(
    python,
    [
      "-m",
      "grpc_tools.protoc",
      `-I${join(root, "proto")}`,
      `-I${join(google.toString().trim(), "../..")}`,
      `--plugin=protoc-gen-es=${join(page, "node_modules/.bin/protoc-gen-es")}`,
      `--es_out=${target}`,
      "--es_opt=target=ts",
      ...protos,
      "google/rpc/error_details.proto",
    ],
    { stdio: "inherit" },
  );
}

function contents(folder) {
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), readFileSync(path, "utf8")]),
  );
}

if (process.argv.includes("--check")) {
  const fresh = mkdtempSync(join(tmpdir(), "cygnet-gen-"));
  try {
    generate(fresh);
    const [was, is] = [contents(committed), contents(fresh)];
    const stale = [...new Set([...was.keys(), ...is.keys()])].filter((path) => was.get(path) !== is.get(path));
    if (stale.length > 0) {
      console.error(`src/gen is stale, run "npm run gen": ${stale.join(", ")}`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
} else {
  rmSync(committed, { recursive: true, force: true });
  mkdirSync(committed, { recursive: true });
  generate(committed);
}
