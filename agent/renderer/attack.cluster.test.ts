import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { plan } from "../../test/attack/plan.ts";
import { until } from "../../test/lib/until.ts";
import { rendererBinary } from "../../test/services/renderer.ts";
import {
  INPUT,
  MODULE,
  module,
  request,
  type TestRenderer,
  testRenderer,
} from "../../test/services/renders.ts";
import type { RenderError } from "./errors.ts";
import type { RenderLimits } from "./limits.ts";
import type { RenderInput } from "./renderer.ts";

const MIB = 1024 * 1024;
const LOOP = module(
  `_n: list.Range(0, 3000, 1)
nodes: {if len([for a in _n for b in _n for c in _n if a+b+c == -1 {a}]) > 0 {x: {}}}`,
  "list",
);
const DISJUNCTIONS = module(`nodes: {}
${Array.from({ length: 20 }, (_, i) => `z: {a${i}: 1} | {b${i}: 1}`).join("\n")}`);
const HUNGRY = module(
  `_n: list.Range(0, 10000000, 1)
nodes: {for i in _n {"n\\(i)": object: {apiVersion: "v1", kind: "X", metadata: name: "n\\(i)"}}}`,
  "list",
);

const running: TestRenderer[] = [];
async function start(limits: Partial<RenderLimits> = {}, binary?: string): Promise<TestRenderer> {
  const renderer = await testRenderer(limits, binary);
  running.push(renderer);
  return renderer;
}
afterEach(() => Promise.all(running.splice(0).map((renderer) => renderer.stop())));

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "ok",
    (error: RenderError) => error.code,
  );

/** Processes of this test, by their parent. */
const children = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /, "")
          .split(" ");
        return (
          state !== "Z" &&
          Number(parent) === process.pid &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("-memory")
        );
      } catch {
        return false;
      }
    });

describe("a module that takes too much ends with its own error", () => {
  test("time, by a comprehension or by alternatives that multiply", async () => {
    const renderer = await start({ renderMs: 1_500 });
    expect(await codeOf(renderer.render(request({ module: LOOP })))).toBe("timeout");
    const many = renderer.render(request({ module: DISJUNCTIONS }));
    expect(["timeout", "out-of-memory"]).toContain(await codeOf(many));
    expect(await codeOf(renderer.render(request()))).toBe("ok");
  });

  test("memory: the kernel refuses it, and the agent's own is safe", async () => {
    const renderer = await start({ renderMs: 60_000 });
    const before = process.memoryUsage().rss;
    expect(await codeOf(renderer.render(request({ module: HUNGRY })))).toBe("out-of-memory");
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * MIB);
    expect(await codeOf(renderer.render(request()))).toBe("ok");
  });

  test("10 GB in one string", async () => {
    const renderer = await start();
    const text = '_a: strings.Repeat("x", 1000000)\n_b: strings.Repeat(_a, 10000)\n';
    const node = 'nodes: x: object: {apiVersion: "v1", kind: "X", metadata: name: "x", data: _b}';
    const code = await codeOf(renderer.render(request({ module: module(text + node, "strings") })));
    expect(["out-of-memory", "invalid-module"]).toContain(code);
  });

  test("an output of 20 MB", async () => {
    const renderer = await start();
    const text = '_a: strings.Repeat("x", 1000000)\n';
    const node =
      'nodes: {for i in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] {"n\\(i)": object: {apiVersion: "v1", kind: "X", metadata: name: "x", data: _a}}}';
    expect(await codeOf(renderer.render(request({ module: module(text + node, "strings") })))).toBe(
      "too-large",
    );
    expect(await codeOf(renderer.render(request()))).toBe("ok");
  });

  test("a request over the limit never reaches a process; 1 MB of input renders", async () => {
    const renderer = await start();
    const large = { ...INPUT, env: { A: "x".repeat(9 * MIB) } };
    expect(await codeOf(renderer.render(request({ input: large })))).toBe("too-large");
    expect(children()).toEqual([]);
    const { nodes } = await renderer.render(request({ input: { ...INPUT, env: { A: "x".repeat(MIB) } } }));
    expect(nodes[0]?.object).toMatchObject({ data: { A: "x".repeat(MIB) } });
  });

  test("a nesting without end", async () => {
    const renderer = await start();
    const deep = module(`nodes: {}\nx: ${"{a:".repeat(300_000)}1${"}".repeat(300_000)}`);
    expect(["invalid-module", "crashed"]).toContain(await codeOf(renderer.render(request({ module: deep }))));
    const itself = module("nodes: {}\n#T: {a: #T}\nx: #T");
    expect(await codeOf(renderer.render(request({ module: itself })))).toBe("invalid-module");
  });
});

describe("a module sees nothing but itself", () => {
  const pinned = 'module: "acme.example/app@v0"\nlanguage: version: "v0.17.0"\n';
  const embedding = (file: string): RenderInput["module"] => ({
    files: {
      "cue.mod/module.cue": pinned,
      "app.cue": `@extern(embed)\n${MODULE}\n_x: string @embed(file="${file}",type=text)`,
    },
  });
  const outside: [string, RenderInput["module"], string][] = [
    ["a file above it", embedding("../../etc/passwd"), "parent directory"],
    ["a file of the system", embedding("/etc/passwd"), "relative"],
    ["a file that only the system has", embedding("etc/passwd"), "no such file"],
    [
      "a folder of the system, by import",
      {
        files: {
          "cue.mod/module.cue": pinned,
          "app.cue": MODULE.replace("package app", 'package app\nimport "/etc"'),
        },
      },
      "/etc",
    ],
    [
      "a folder above it, by import",
      {
        files: {
          "cue.mod/module.cue": pinned,
          "app.cue": MODULE.replace("package app", 'package app\nimport "../other"'),
        },
      },
      "other",
    ],
    [
      "a module of a registry",
      {
        files: {
          "cue.mod/module.cue": pinned,
          "app.cue": MODULE.replace("package app", 'package app\nimport "example.com/x"'),
        },
      },
      "example.com/x",
    ],
    [
      "a program",
      {
        files: { "app.cue": MODULE.replace("package app", 'package app\nimport "tool/exec"\n_r: exec.Run') },
      },
      "tool/exec",
    ],
  ];
  test.each(outside)("not %s", async (_, asked, words) => {
    const renderer = await start();
    const error: RenderError = await renderer.render(request({ module: asked })).then(
      () => expect.fail("it rendered"),
      (refused) => refused,
    );
    expect(error.code).toBe("invalid-module");
    expect(error.message).toContain(words);
    expect(JSON.stringify(error.errors)).not.toContain("root:");
  });

  test("nor the environment, nor a folder of its process, nor more than three descriptors", async () => {
    const renderer = await start();
    await renderer.render(request());
    const [pid] = children();
    const proc = (name: string) => readFileSync(`/proc/${pid}/${name}`, "latin1");
    expect(proc("environ")).toBe("");
    const status = proc("status");
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(proc("limits")).toMatch(/^Max data size\s+268435456\s/m);
    expect(proc("oom_score_adj").trim()).toBe("1000");
    const open = readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) > 2);
    // What Go waits on; neither a file nor a socket.
    const targets = open.map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(targets.filter((target) => !/^anon_inode:\[event(fd|poll)\]$/.test(target))).toEqual([]);
  });
});

describe("two tenants", () => {
  test("one is hostile without end; the other's renders go on", async () => {
    const renderer = await start({ renderMs: 2_000 });
    const hostile = Array.from({ length: 6 }, () =>
      codeOf(renderer.render(request({ module: LOOP, context: { name: "evil", namespace: "evil" } }))),
    );
    for (let n = 0; n < 20; n++) expect(await codeOf(renderer.render(request()))).toBe("ok");
    expect(await hostile[0]).toBe("timeout");
    await renderer.stop();
    expect(await Promise.all(hostile.slice(2))).toContain("stopped");
  });

  test("one tenant's questions for pins take his places, and no other tenant's turn", async () => {
    // One place: answers come in the order in which the questions had it.
    const renderer = await start({ renderMs: 10_000, processes: 1 });
    const order: string[] = [];
    const module = pinnedTo("acme.example/app@v0");
    const ask = (namespace: string) => renderer.pins(module, namespace).then(() => order.push(namespace));
    await Promise.all([...Array.from({ length: 40 }, () => ask("evil")), ask("good")]);
    expect(order).toHaveLength(41);
    // Behind the one that had the place when it came, and before all but one that waited.
    expect(order.indexOf("good")).toBeLessThan(3);
  });

  test("what one rendered is not there for the other: definitions, packages and names", async () => {
    const renderer = await start({ processes: 1 });
    const library = (value: string) => ({
      "cue.mod/module.cue": 'module: "acme.example/lib@v0"\nlanguage: version: "v0.9.0"\n',
      "lib.cue": `package lib\nValue: "${value}"\n`,
    });
    const pins = `${pinnedTo("acme.example/app@v0")}deps: "acme.example/lib@v0": v: "v0.1.0"\n`;
    const app = MODULE.replace("package app", 'package app\nimport "acme.example/lib"').replace(
      "data: input.env",
      "data: V: lib.Value",
    );
    for (const value of ["one", "two"]) {
      const { nodes } = await renderer.render(
        request({
          module: { files: { "cue.mod/module.cue": pins, "app.cue": app } },
          dependencies: { "acme.example/lib@v0.1.0": library(value) },
        }),
      );
      expect(nodes[0]?.object).toMatchObject({ data: { V: value } });
    }
  });
});

const pinnedTo = (path: string): string => `module: "${path}"\nlanguage: version: "v0.9.0"\n`;

describe("a process that dies", () => {
  test("by somebody's hand in the middle of a render: the render is done again, once", async () => {
    const renderer = await start({ renderMs: 3_000 });
    const [first] = await killDuring(renderer, request({ module: LOOP }), 1);
    expect(first).toBe("timeout");
    const again = await start({ renderMs: 30_000 });
    const [second] = await killDuring(again, request({ module: LOOP }), 2);
    expect(second).toBe("unavailable");
    expect(again.metrics.text()).toContain('kubenova_render_process_ends_total{reason="killed"} 2');
    expect(await codeOf(again.render(request()))).toBe("ok");
  });

  test("while it rests: nobody notices", async () => {
    const renderer = await start();
    for (let n = 0; n < 10; n++) {
      expect(await codeOf(renderer.render(request()))).toBe("ok");
      for (const pid of children()) process.kill(pid, "SIGKILL");
    }
  });

  test("at its start, again and again: unavailable, and why; started anew when it can", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kubenova-renderer-"));
    const binary = join(folder, "renderer");
    const mended = join(folder, "mended");
    const instead = `[ -e ${mended} ] && exec ${await rendererBinary()} "$@"`;
    writeFileSync(binary, `#!/bin/sh\n${instead}\necho sandbox: not on this kernel >&2\nexit 3\n`);
    chmodSync(binary, 0o755);
    const broken = await start({ waitMs: 4_000 }, binary);
    const error: RenderError = await broken.render(request()).then(
      () => expect.fail("it rendered"),
      (refused) => refused,
    );
    expect(error.code).toBe("unavailable");
    expect(error.message).toContain("not on this kernel");
    const starts = broken.metrics.text().match(/reason="failed-to-start"\} (\d+)/)?.[1];
    expect(Number(starts)).toBeLessThan(8);
    const later = await start({}, binary);
    const waiting = later.render(request());
    writeFileSync(mended, "");
    expect(await codeOf(waiting)).toBe("ok");
    rmSync(folder, { recursive: true });
  });

  test("an abort ends the process of a render that runs, and stop ends all", async () => {
    const renderer = await start();
    const abort = new AbortController();
    const render = renderer.render(request({ module: LOOP }), abort.signal);
    await until("it runs", () => children().length === 1);
    abort.abort(new Error("not wanted"));
    await expect(render).rejects.toThrow("not wanted");
    const last = codeOf(renderer.render(request({ module: LOOP })));
    await renderer.stop();
    expect(await last).toBe("stopped");
    expect(children()).toEqual([]);
    expect(await codeOf(renderer.render(request()))).toBe("stopped");
  });

  async function killDuring(renderer: TestRenderer, asked: RenderInput, times: number): Promise<[string]> {
    const code = codeOf(renderer.render(asked));
    const killed = new Set<number>();
    while (killed.size < times) {
      const pid = await until("it runs", () => children().find((each) => !killed.has(each)));
      killed.add(pid);
      process.kill(pid, "SIGKILL");
    }
    return [await code];
  }
});

test("the same input gives the same graph, in any process", async () => {
  const [one, other] = [await start({ processes: 1 }), await start({ processes: 1 })];
  const input = fc.record({
    image: fc.string(),
    replicas: fc.integer({ min: 1, max: 5 }),
    env: fc.dictionary(fc.string(), fc.string()),
  });
  await fc.assert(
    fc.asyncProperty(input, async (values) => {
      const first = await one.render(request({ input: values }));
      const second = await other.render(request({ input: values }));
      expect(JSON.stringify(second)).toBe(JSON.stringify(first));
      expect(first.nodes[0]?.object).toMatchObject({ data: values.env });
    }),
    { numRuns: plan.times(50) },
  );
});
