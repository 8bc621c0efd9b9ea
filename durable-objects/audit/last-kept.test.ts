import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { checkpointName } from "../../domain/audit/checkpoint.ts";
import { lastKept } from "./last-kept.ts";

let logs = 0;

it("the last kept checkpoint is found among any sizes", async () => {
  const sizes = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 0, max: 40 }), async (kept, most) => {
      const log = `last-kept-${++logs}`;
      for (const size of kept) await env.ARCHIVE.put(checkpointName(log, size, "abcd"), "");
      const last = kept.filter((size) => size <= most).sort((a, b) => b - a)[0];
      const name = last === undefined ? undefined : checkpointName(log, last, "abcd");
      expect(await lastKept(env.ARCHIVE, log, most)).toBe(name);
    }),
  );
});
