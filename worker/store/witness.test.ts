import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { api } from "../../test/workerd/api.ts";
import { newestWitness, remembers, type Witness } from "./witness.ts";

/** A commit of the catalogue, as a cluster's object would be told of it. */
async function commit(name: string): Promise<Witness> {
  await api("POST", "/tenants", { body: { name } });
  return (await newestWitness(env.DB)) as Witness;
}

describe("whether the database still knows a commit", () => {
  it("it does while it goes on, and where the commit's event is past its retention", async () => {
    const first = await commit("one");
    const second = await commit("two");
    expect(await remembers(env.DB, first)).toBe(true);
    await env.DB.prepare("DELETE FROM events WHERE seq <= ?").bind(first.seq).run();
    expect(await remembers(env.DB, first)).toBe(true);
    await env.DB.prepare("DELETE FROM events").run();
    expect(await remembers(env.DB, second)).toBe(true);
  });

  it("it does not after a restore from before it, whether or not other commits have taken its number", async () => {
    const kept = await commit("three");
    const lost = await commit("four");
    await env.DB.batch([
      env.DB.prepare("DELETE FROM events WHERE seq > ?").bind(kept.seq),
      env.DB.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'").bind(kept.seq),
    ]);
    expect(await remembers(env.DB, kept)).toBe(true);
    expect(await remembers(env.DB, lost)).toBe(false);
    const other = await commit("five");
    expect(other.seq).toBe(lost.seq);
    expect(await remembers(env.DB, lost)).toBe(false);
  });
});
