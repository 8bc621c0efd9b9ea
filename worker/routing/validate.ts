import type { z } from "zod";
import { KubeNovaError } from "../../domain/errors/index.ts";

/** Enough to mend a request, and no more than a person reads. */
const MAX_ISSUES = 20;

export interface Issue {
  /** Dots between the steps; empty for the whole value. */
  path: string;
  message: string;
}

/**
 * The value as the schema gives it.
 * @throws KubeNovaError KN-1002 with the path to each wrong field, KN-1005 for an unknown spec version
 */
export function validate<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const raw = result.error.issues as RawIssue[];
  const version = raw.find((issue) => issue.path.at(-1) === "specVersion" && issue.code === "invalid_value");
  if (version && valueAt(value, version.path) !== undefined) {
    throw new KubeNovaError("KN-1005", undefined, { path: version.path.join("."), known: version.values });
  }
  const issues = raw.flatMap((issue) => flatten(issue, [])).slice(0, MAX_ISSUES);
  throw new KubeNovaError(
    "KN-1002",
    `The ${where} is not valid: ${issues[0]?.path || "it"}: ${issues[0]?.message}`,
    {
      in: where,
      issues,
    },
  );
}

interface RawIssue {
  code: string;
  path: PropertyKey[];
  message: string;
  keys?: string[];
  values?: unknown[];
  errors?: RawIssue[][];
}

function flatten(issue: RawIssue, parent: PropertyKey[]): Issue[] {
  const path = [...parent, ...issue.path];
  if (issue.code === "unrecognized_keys" && issue.keys) {
    return issue.keys.map((key) => ({ path: [...path, key].join("."), message: "unknown field" }));
  }
  if (issue.code === "invalid_union" && issue.errors?.length) {
    const branch = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
    return branch.flatMap((inner) => flatten(inner, path));
  }
  return [{ path: path.join("."), message: issue.message }];
}

/** How far into the value a branch of a union came: the deepest is the one that was meant. */
const depth = (branch: RawIssue[]): number => Math.min(...branch.map((issue) => issue.path.length));

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<PropertyKey, unknown>)[step];
  }
  return here;
}
