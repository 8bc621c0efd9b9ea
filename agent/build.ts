import { cpSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/**
 * One file for the image, and its source map: `node agent/build.ts [folder]`, default `dist` beside this file. CommonJS,
 * so that it runs whatever package.json stands above it.
 */
const folder = process.argv[2] ?? join(import.meta.dirname, "dist");

await build({
  entryPoints: [join(import.meta.dirname, "main.ts")],
  outfile: join(folder, "main.js"),
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  sourcemap: true,
  sourcesContent: false,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "linked",
  // Optional native speed-ups of ws, which works without them.
  external: ["bufferutil", "utf-8-validate"],
  logLevel: "warning",
});

// The modules that ship with the agent, without their tests and golden graphs.
const modules = join(import.meta.dirname, "../platform");
rmSync(join(folder, "platform"), { recursive: true, force: true });
for (const file of globSync("**/*.cue", { cwd: modules })) {
  cpSync(join(modules, file), join(folder, "platform", file));
}
