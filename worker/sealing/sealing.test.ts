import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isolate, place, ringKey } from "../../test/workerd/sealing.ts";
import { sealer } from "./index.ts";
import { FRESH_MS, STALE_MS } from "./key-cache.ts";

const keysOf = async (owner: string) =>
  (await env.DB.prepare("SELECT * FROM data_keys WHERE owner = ?").bind(owner).all()).results;
const refused = (code: string) => expect.objectContaining({ code });
const flipped = (text: string, bit: number): string => {
  const at = bit % text.length;
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit % 7))) + text.slice(at + 1);
};

describe("a sealed secret", () => {
  it("opens where it was sealed, in any isolate, and is another text each time", async () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 60 });
    const ids = fc.constantFrom("ten_a", "ten_b", null);
    await fc.assert(
      fc.asyncProperty(texts, ids, texts, async (plaintext, tenantId, id) => {
        const where = place(tenantId, id);
        const [one, two] = [
          await sealer(env).seal(where, plaintext),
          await sealer(env).seal(where, plaintext),
        ];
        expect(one).not.toBe(two);
        expect(await isolate(env).open(where, one)).toBe(plaintext);
        expect(await sealer(env).open(where, two)).toBe(plaintext);
      }),
    );
  });

  it("opens nowhere else: not for another tenant, purpose or id, nor for the platform", async () => {
    const sealed = await sealer(env).seal(place("ten_a", "one", "test.one"), "s3cret");
    await sealer(env).seal(place("ten_b"), "of another");
    for (const elsewhere of [
      place("ten_b", "one", "test.one"),
      place(null, "one", "test.one"),
      place("ten_a", "two", "test.one"),
      place("ten_a", "one", "test.two"),
      place("ten_a", "test.one", "one"),
    ]) {
      await expect(sealer(env).open(elsewhere, sealed)).rejects.toEqual(refused("KN-1905"));
      await expect(isolate(env).open(elsewhere, sealed)).rejects.toEqual(refused("KN-1905"));
    }
  });

  it("does not open where one bit of its text is another, wherever it is", async () => {
    const where = place("ten_bits");
    const sealed = await sealer(env).seal(where, "s3cret");
    for (let bit = 0; bit < sealed.length * 7; bit++) {
      const other = flipped(sealed, bit);
      await expect(sealer(env).open(where, other), `bit ${bit}`).rejects.toEqual(refused("KN-1905"));
    }
  });

  it("does not open with the text of another data key's id", async () => {
    const [a, b] = [await sealer(env).seal(place("ten_a"), "x"), await sealer(env).seal(place("ten_b"), "x")];
    const [version, , bytes] = a.split(".");
    const swapped = [version, b.split(".")[1], bytes].join(".");
    await expect(sealer(env).open(place("ten_a"), swapped)).rejects.toEqual(refused("KN-1905"));
    await expect(isolate(env).open(place("ten_a"), swapped)).rejects.toEqual(refused("KN-1905"));
  });

  it("is refused before it is sealed where it is too large, or would not come back as it was", async () => {
    await expect(sealer(env).seal(place(null), "x".repeat(64 * 1024 + 1))).rejects.toThrow(TypeError);
    await expect(sealer(env).seal(place(null), "\ud800")).rejects.toThrow(TypeError);
    const largest = "x".repeat(64 * 1024);
    expect(await sealer(env).open(place(null), await sealer(env).seal(place(null), largest))).toBe(largest);
  });
});

describe("a tenant's data key", () => {
  it("is made once, however many isolates need it first at the same time", async () => {
    const where = place("ten_race");
    const isolates = Array.from({ length: 8 }, () => isolate(env));
    const sealed = await Promise.all(isolates.map((each, n) => each.seal(where, `from ${n}`)));
    expect(await keysOf("ten_race")).toHaveLength(1);
    expect(new Set(sealed.map((text) => text.split(".")[1])).size).toBe(1);
    const opened = await Promise.all(sealed.map((text) => isolate(env).open(where, text)));
    expect(opened).toEqual(sealed.map((_, n) => `from ${n}`));
  });

  it("is its own, and wrapped by the ring's primary", async () => {
    const ids = await Promise.all(
      ["ten_own-a", "ten_own-b", null].map(
        async (tenant) => (await sealer(env).seal(place(tenant), "x")).split(".")[1],
      ),
    );
    expect(new Set(ids).size).toBe(3);
    const [row] = await keysOf("ten_own-a");
    expect(row).toMatchObject({ owner: "ten_own-a", kek: "ring:test-new", retired_at: null });
  });

  it("does not unwrap as another's: rows that were exchanged in the database open nothing", async () => {
    const where = place("ten_swapped");
    const sealed = await sealer(env).seal(where, "x");
    await sealer(env).seal(place("ten_donor"), "x");
    await env.DB.prepare(
      "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE owner = 'ten_donor') WHERE owner = 'ten_swapped'",
    ).run();
    await expect(isolate(env).open(where, sealed)).rejects.toEqual(refused("KN-1905"));
    expect(await sealer(env).open(where, sealed), "what is in memory").toBe("x");
  });
});

describe("a ring whose keys change", () => {
  const [one, two] = [ringKey("one", 1), ringKey("two", 2)];
  const withRing = (...keys: string[]) => ({ ...env, KEY_RING: keys.join(",") });

  it("opens old and new with both, wherever they stand", async () => {
    const old = await isolate(withRing(one)).seal(place("ten_old"), "old");
    const later = await isolate(withRing(one, two)).seal(place("ten_later"), "later");
    const rows = [...(await keysOf("ten_old")), ...(await keysOf("ten_later"))];
    expect(rows.map(({ kek }) => kek)).toEqual(["ring:one", "ring:two"]);
    for (const ring of [withRing(one, two), withRing(two, one)]) {
      expect(await isolate(ring).open(place("ten_old"), old)).toBe("old");
      expect(await isolate(ring).open(place("ten_later"), later)).toBe("later");
    }
  });

  it("names the key that is missing, and shows none", async () => {
    const sealed = await isolate(withRing(one)).seal(place("ten_missing"), "x");
    const error = await isolate(withRing(two))
      .open(place("ten_missing"), sealed)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "KN-1906", details: { kek: "ring:one" } });
    const impostor = withRing(ringKey("one", 3));
    await expect(isolate(impostor).open(place("ten_missing"), sealed)).rejects.toEqual(refused("KN-1905"));
  });
});

describe("while the key service is away", () => {
  const away = { ...env, KEK_PROVIDER: "vault:http://127.0.0.1:9/transit/k", VAULT_TOKEN: "t" };

  it("what is in memory opens and seals for an hour, and nothing else does", async () => {
    let clock = Date.now();
    const where = place("ten_away");
    const before = isolate(away, () => clock);
    const sealed = await isolate(env).seal(where, "x");
    expect(await before.open(where, sealed)).toBe("x");
    await env.DB.prepare("UPDATE data_keys SET kek = 'vault:transit/k' WHERE owner = 'ten_away'").run();
    clock += FRESH_MS;
    expect(await before.open(where, await before.seal(where, "y"))).toBe("y");
    expect(await before.open(where, sealed)).toBe("x");
    await expect(isolate(away).open(where, sealed)).rejects.toEqual(refused("KN-1903"));
    await expect(isolate(away).seal(place("ten_new-while-away"), "x")).rejects.toEqual(refused("KN-1903"));
    clock += STALE_MS;
    await expect(before.open(where, sealed)).rejects.toEqual(refused("KN-1903"));
  });
});
