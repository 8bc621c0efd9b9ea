import { type Document, isScalar, parseAllDocuments, visit } from "yaml";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { checkJson } from "../../routing/requests.ts";

/** Aliases in one document: enough for anchors that people write, far from what makes a small text a huge value. */
const MAX_ALIASES = 50;

/**
 * Turns each `raw: { yaml: "…" }` of a spec into `raw: { manifests: […] }`; everything else stays as it is. YAML 1.2's
 * core schema: `no` and `y` are strings, as in JSON.
 *
 * @throws KubeNovaError KN-1002 with the line of a mistake
 */
export function expandYaml(spec: unknown): unknown {
  if (!isObject(spec)) return spec;
  const source = expandSource(spec.source, "spec.source");
  const overrides = isObject(spec.overrides)
    ? Object.fromEntries(
        Object.entries(spec.overrides).map(([name, override]) => [
          name,
          expandSource(override, `spec.overrides.${name}`),
        ]),
      )
    : spec.overrides;
  return {
    ...spec,
    ...(source === undefined ? {} : { source }),
    ...(overrides === undefined ? {} : { overrides }),
  };
}

function expandSource(source: unknown, path: string): unknown {
  if (!isObject(source) || !isObject(source.raw) || typeof source.raw.yaml !== "string") return source;
  if (source.raw.manifests !== undefined)
    throw refused(`${path}.raw.yaml`, "either yaml or manifests, not both");
  const { yaml, ...others } = source.raw;
  return { ...source, raw: { ...others, manifests: parseManifests(yaml, `${path}.raw.yaml`) } };
}

/** The library compares each key with each other one, which takes a minute for a body full of them: see checkKeys. */
const OPTIONS = { version: "1.2", schema: "core", prettyErrors: false, uniqueKeys: false } as const;

/** The documents of a YAML text; empty ones are left out. */
function parseManifests(text: string, path: string): unknown[] {
  try {
    const documents = parseAllDocuments(text, OPTIONS);
    if (!Array.isArray(documents)) return [];
    return documents.flatMap((document) => {
      const [mistake] = document.errors;
      if (mistake) throw refused(path, `line ${lineOf(text, mistake.pos[0])}: ${mistake.message}`);
      checkKeys(document, (at) => refused(path, `line ${lineOf(text, at)}: Map keys must be unique`));
      const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      checkJson(value);
      return value === null || value === undefined ? [] : [value];
    });
  } catch (error) {
    if (error instanceof KubeNovaError) throw error;
    throw refused(path, error instanceof RangeError ? "nested too deep" : String((error as Error).message));
  }
}

/** @throws what `mistake` makes of the position of a key that its map has already */
function checkKeys(document: Document.Parsed, mistake: (position: number) => Error): void {
  visit(document, {
    Map(_key, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) throw mistake(key.range?.[0] ?? 0);
        seen.add(key.value);
      }
    },
  });
}

const lineOf = (text: string, position: number): number => text.slice(0, position).split("\n").length;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const refused = (path: string, message: string): KubeNovaError =>
  new KubeNovaError("KN-1002", `The body is not valid: ${path}: ${message}`, {
    in: "body",
    issues: [{ path, message }],
  });
