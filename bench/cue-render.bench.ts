/**
 * The shipped webservice module, rendered by the agent's renderer: warm, 200 renders, each with another input, from the
 * request to the checked graph. In the same run, turn by turn, the `cue` command of the same version, a process a render.
 * `rss_mb`: the renderer's process, the most that was seen between two renders.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RenderInput } from "../agent/renderer/renderer.ts";
import { run as runProgram } from "../test/cluster/run.ts";
import { shipped } from "../test/services/platform-modules.ts";
import { cueCommand } from "../test/services/renderer.ts";
import { request, type TestRenderer, testRenderer } from "../test/services/renders.ts";
import { percentile, round, say } from "./lib/figures.ts";

const RENDERS = 200;
const WARM_UP = 50;
/** The command is slow, and the ratio needs no more. */
const EACH_NTH_BY_COMMAND = 4;
const MIB = 2 ** 20;

export async function run(): Promise<Record<string, number | string>> {
  const folder = mkdtempSync(join(tmpdir(), "kubenova-cue-render-"));
  const renderer = await testRenderer();
  try {
    const module = await shipped("webservice");
    const command = await byCommand(folder, module);
    for (let n = 0; n < WARM_UP; n++) await renderer.render(request({ module, ...inputOf(n) }));
    const own: number[] = [];
    const other: number[] = [];
    let most = 0;
    for (let n = 0; n < RENDERS; n++) {
      own.push(await timed(() => renderer.render(request({ module, ...inputOf(WARM_UP + n) }))));
      most = Math.max(most, residentBytes(renderer));
      if (n % EACH_NTH_BY_COMMAND === 0) other.push(await timed(() => command(inputOf(WARM_UP + n))));
    }
    const p50 = percentile(own, 0.5);
    const cue = percentile(other, 0.5);
    say(`renderer ${round(p50, 2)} ms, cue command ${round(cue, 2)} ms, at the median`);
    return {
      p50_ms: round(p50, 2),
      p95_ms: round(percentile(own, 0.95), 2),
      cue_p50_ms: round(cue, 2),
      cue_ratio: round(p50 / cue, 3),
      rss_mb: round(most / MIB),
    };
  } finally {
    await renderer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** No two alike; all parts of the module are used. */
const inputOf = (n: number): Pick<RenderInput, "input" | "context"> => ({
  context: { name: `web-${n}`, namespace: "acme" },
  input: {
    image: `registry.example.com/shop/web:${n}`,
    env: { RELEASE: String(n), [`VARIABLE_${n}`]: "set" },
    port: 8_000 + n,
    ready: { path: `/ready/${n}` },
    resources: { cpu: "250m", memory: "256Mi" },
    files: { "/etc/web/config.json": JSON.stringify({ n }) },
    autoscale: { min: 2, max: 3 + (n % 5) },
    expose: { host: `shop-${n}.example.com`, class: "nginx" },
  },
});

/** As somebody would do it by hand: the module in a folder, the input in a file beside it, `cue export`. */
async function byCommand(folder: string, module: RenderInput["module"]) {
  const cue = await cueCommand();
  for (const [path, text] of Object.entries(module.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const at = join(folder, module.path ?? "");
  return async (values: Pick<RenderInput, "input" | "context">): Promise<void> => {
    writeFileSync(join(at, "input.json"), JSON.stringify(values));
    const output = await runProgram(cue, ["export", "-e", "nodes", ".", "input.json"], { cwd: at });
    if (Object.keys(JSON.parse(output) as object).length < 4) throw new Error("cue made another graph");
  };
}

function residentBytes({ metrics }: TestRenderer): number {
  const found = /^kubenova_render_resident_bytes (\d+)$/m.exec(metrics.text());
  if (!found) throw new Error("the renderer says no memory");
  return Number(found[1]);
}
