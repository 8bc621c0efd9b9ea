import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type Entry } from "./store.ts";

const entry = (uid: string, version: string): Entry<string> => ({
  value: `${uid}@${version}`,
  uid,
  resourceVersion: version,
});

function recorded() {
  const errors: unknown[] = [];
  const store = createStore<string>((error) => errors.push(error));
  const told: string[] = [];
  store.on({
    added: (object, key) => told.push(`+${key} ${object}`),
    updated: (object, old, key) => told.push(`~${key} ${old} ${object}`),
    deleted: (last, key, { observed }) => told.push(`-${key} ${last} ${observed ? "seen" : "missed"}`),
  });
  return { store, told, errors };
}

describe("the reflector's store", () => {
  it("tells each change once", () => {
    const { store, told } = recorded();
    store.upsert("a", entry("u1", "1"));
    store.upsert("a", entry("u1", "1"));
    store.upsert("a", entry("u1", "2"));
    store.remove("a", { observed: true }, "u1@3");
    store.remove("a", { observed: true });
    expect(told).toEqual(["+a u1@1", "~a u1@1 u1@2", "-a u1@3 seen"]);
  });

  it("tells another object of the same name as a deletion and an addition", () => {
    const { store, told } = recorded();
    store.upsert("a", entry("u1", "1"));
    store.replace(new Map([["a", entry("u2", "5")]]));
    expect(told).toEqual(["+a u1@1", "-a u1@1 missed", "+a u2@5"]);
  });

  it("goes on where a handler throws, and tells late ones what is there", () => {
    const { store, told, errors } = recorded();
    store.on({
      added: () => {
        throw new Error("handler");
      },
    });
    store.upsert("a", entry("u1", "1"));
    expect(errors).toHaveLength(1);
    const late: string[] = [];
    const off = store.on({ added: (_, key) => late.push(key), deleted: (_, key) => late.push(`-${key}`) });
    expect(late).toEqual(["a"]);
    off();
    store.remove("a", { observed: true });
    expect(late).toEqual(["a"]);
    expect(told.at(-1)).toBe("-a u1@1 seen");
  });

  it("whoever follows what is told has what is stored, after any history", () => {
    const key = fc.constantFrom("a", "b", "c");
    const one = fc.record({ uid: fc.constantFrom("u1", "u2"), version: fc.nat(5).map(String) });
    const step = fc.oneof(
      fc.record({ do: fc.constant("upsert" as const), key, one }),
      fc.record({ do: fc.constant("remove" as const), key }),
      fc.record({ do: fc.constant("replace" as const), all: fc.dictionary(key, one) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = createStore<string>(() => {});
        const copy = new Map<string, string>();
        store.on({
          added: (value, at) => {
            expect(copy.has(at)).toBe(false);
            copy.set(at, value);
          },
          updated: (value, old, at) => {
            expect(copy.get(at)).toBe(old);
            copy.set(at, value);
          },
          deleted: (_, at) => expect(copy.delete(at)).toBe(true),
        });
        for (const now of steps) {
          if (now.do === "upsert") store.upsert(now.key, entry(now.one.uid, now.one.version));
          else if (now.do === "remove") store.remove(now.key, { observed: true });
          else store.replace(new Map(Object.entries(now.all).map(([k, v]) => [k, entry(v.uid, v.version)])));
          expect(new Map(store.view.entries())).toEqual(copy);
        }
      }),
    );
  });
});
