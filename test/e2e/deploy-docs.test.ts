import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { parseHelp, type WranglerHelp, wranglerCommands } from "../../scripts/docs-deploy.ts";
import { run } from "../cluster/run.ts";
import { ROOT, wranglerBin, wranglerEnv } from "../manager/bundle.ts";

/** A compressed Worker on the free plan; 10 MiB on the paid one. */
const FREE_PLAN_BYTES = 3 * 1024 * 1024;

const text = readFileSync(join(ROOT, "docs/deploy.md"), "utf8");
const commands = wranglerCommands(text);
const lines = [...new Set(commands.map(({ words }) => words.join(" ")))];

describe("docs/deploy.md", () => {
  const help = new Map<string, WranglerHelp>();
  beforeAll(async () => {
    // Two at a time: each is a start of wrangler.
    const waiting = [...lines];
    const work = async (): Promise<void> => {
      for (let line = waiting.pop(); line !== undefined; line = waiting.pop()) {
        const args = [wranglerBin(), ...line.split(" "), "--help"];
        const node = join(ROOT, "node_modules/.bin/node");
        help.set(line, parseHelp(await run(node, args, { cwd: ROOT, env: wranglerEnv() })));
      }
    };
    await Promise.all([work(), work()]);
  }, 60_000);

  test("goes all the way: log in, make what is needed, migrate, deploy", () => {
    const order = [
      "login",
      "d1 create",
      "queues create",
      "r2 bucket create",
      "secret put",
      "d1 migrations apply",
      "deploy",
    ];
    const positions = order.map((begin) => lines.findIndex((line) => line.startsWith(begin)));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  test.each(commands.map((command) => [command.text, command] as const))(
    "`%s` is as wrangler has it",
    (_, command) => {
      const known = help.get(command.words.join(" "));
      expect(known, "its help").toBeDefined();
      if (!known) return;
      expect(command.words.slice(0, known.command.length)).toEqual(known.command);
      const positionals = command.words.length - known.command.length;
      expect(positionals).toBeGreaterThanOrEqual(known.required);
      expect(positionals).toBeLessThanOrEqual(known.positionals);
      for (const flag of command.flags) expect(known.flags).toContain(flag);
    },
  );

  test("names what wrangler.toml names", () => {
    const config = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
    const named = (field: string) =>
      [...config.matchAll(new RegExp(`^${field} = "(.*)"$`, "gm"))].map((match) => match[1]);
    for (const queue of [...named("queue"), ...named("dead_letter_queue")])
      expect(lines).toContain(`queues create ${queue}`);
    for (const bucket of named("bucket_name")) expect(lines).toContain(`r2 bucket create ${bucket}`);
    for (const database of named("database_name")) expect(lines).toContain(`d1 create ${database}`);
    const env = readFileSync(join(ROOT, "worker/env.ts"), "utf8");
    // Those that may be left out have pages of their own.
    const needed = [...env.matchAll(/\/\*\* Secret: .*\*\/\n\s*(\w+):/g)].map((match) => match[1]);
    expect(needed).not.toEqual([]);
    for (const secret of needed) expect(lines).toContain(`secret put ${secret}`);
  });
});

describe("wrangler deploy --dry-run", () => {
  test("bundles the Worker with every binding, small enough for any plan", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kubenova-dry-run-"));
    try {
      const args = [wranglerBin(), "deploy", "--dry-run", "--outdir", folder];
      const said = await run(join(ROOT, "node_modules/.bin/node"), args, { cwd: ROOT, env: wranglerEnv() });
      for (const binding of [
        "env.DB",
        "env.CLUSTER",
        "env.TENANT",
        "env.OUTBOX",
        "env.EVENTS",
        "env.ARCHIVE",
      ]) {
        expect(said).toContain(binding);
      }
      const bundle = readFileSync(join(folder, "index.js"));
      expect(gzipSync(bundle).length).toBeLessThan(FREE_PLAN_BYTES);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
