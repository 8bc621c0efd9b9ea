import { describe, expect, it } from "vitest";
import { type Described, secretFields } from "../../test/attack/plaintexts/fields.ts";
import { NO_SECRET, PLANTED, REFERENCES, SEALED } from "../../test/attack/plaintexts/operations.ts";
import { api } from "../../test/workerd/api.ts";
import { SEALED_COLUMNS } from "../store/sealed-columns.ts";

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, unknown> };
}

const sources = import.meta.glob<string>(["./**/*.ts", "!./**/*.test.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Ids of operations in a file; one that is made for several homes has a hole in its name. */
const operationsIn = (text: string): RegExp[] =>
  [...text.matchAll(/operationId: ["`]([^"`]+)["`]/g)].map(
    ([, name = ""]) => new RegExp(`^${name.replace(/\$\{[^}]*\}/g, "\\w*")}$`),
  );
const folderOf = (file: string): string => file.slice(0, file.lastIndexOf("/") + 1);

/** Files that give `secretReference` to commit: what they answer is shown once. One may serve several operations beside it. */
const shownOnce = Object.entries(sources)
  .filter(([, text]) => text.includes("secretReference"))
  .map(([file, text]) => {
    const own = operationsIn(text);
    const beside = Object.entries(sources).filter(([other]) => other.startsWith(folderOf(file)));
    return { file, operations: own.length > 0 ? own : beside.flatMap(([, each]) => operationsIn(each)) };
  });

const { body: document } = await api<Document>("GET", "/openapi.json");
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
const withSecrets = operations.flatMap((operation) => {
  const references = Object.keys(REFERENCES);
  const fields = secretFields(operation, document.components.schemas).filter(
    (field) => !references.some((end) => field.endsWith(end)),
  );
  return fields.length > 0 ? [{ id: operation.operationId, fields }] : [];
});
const known = [...Object.keys(PLANTED), ...Object.keys(NO_SECRET)];

describe("a route that takes or makes a secret", () => {
  it("is found by the names of its fields", () => {
    expect(withSecrets.map(({ id }) => id)).toEqual(expect.arrayContaining(["createToken", "createCluster"]));
  });

  it.each(withSecrets)("$id is planted in a full run, or is known to hold none", ({ id, fields }) => {
    expect(known, fields.join()).toContain(id);
  });

  it.each(shownOnce)("$file shows one once: what it makes is planted", ({ operations }) => {
    expect(operations.length).toBeGreaterThan(0);
    expect(operations.some((id) => Object.keys(PLANTED).some((planted) => id.test(planted)))).toBe(true);
  });

  it("is still there where the lists name it", () => {
    expect(known.filter((id) => !operations.some(({ operationId }) => operationId === id))).toEqual([]);
    expect(known.length).toBe(new Set(known).size);
  });
});

describe("a column of what is sealed", () => {
  it("is filled in a full run", () => {
    expect(Object.keys(SEALED).sort()).toEqual(SEALED_COLUMNS.map((at) => `${at.table}.${at.column}`).sort());
  });
});
