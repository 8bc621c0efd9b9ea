import type { z } from "zod";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { BodyDoc } from "./define.ts";

export const DEFAULT_BODY_LIMIT_BYTES = 64 * 1024;
/** Deeper JSON is refused: what walks a value must not run out of stack. Kubernetes' deepest objects have about 40. */
export const MAX_JSON_DEPTH = 100;

const JSON_TYPE = "application/json";
export const MERGE_PATCH_TYPES = ["application/merge-patch+json", JSON_TYPE] as const;

/** Reads a JSON body, never more of it than the limit. @throws KubeNovaError KN-1001, KN-1003, KN-1004 */
export async function readJson(request: Request, doc: BodyDoc<z.ZodType>): Promise<unknown> {
  const bytes = await readBounded(request, doc.maxBytes ?? DEFAULT_BODY_LIMIT_BYTES);
  if (bytes.length === 0 && doc.optional) return undefined;
  const given = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  const taken = doc.mediaTypes ?? [JSON_TYPE];
  if (!taken.includes(given ?? "")) {
    throw new KubeNovaError("KN-1004", `This route takes ${taken.join(" or ")}.`, { accepted: [...taken] });
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new KubeNovaError("KN-1001");
  }
  checkJson(value);
  return value;
}

/** Bytes of a body. One that does not say its length is read up to the limit; the rest is left unread. */
export async function readBounded(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new KubeNovaError("KN-1003", undefined, { maxBytes });
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > maxBytes) throw tooLarge();
    const bytes = new Uint8Array(await request.arrayBuffer().catch(brokeOff));
    if (bytes.length > maxBytes) throw tooLarge();
    return bytes;
  }
  if (!request.body) return new Uint8Array();
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const next = () => reader.read().catch(brokeOff);
  for (let read = await next(); !read.done; read = await next()) {
    length += read.value.length;
    if (length > maxBytes) {
      reader.releaseLock();
      throw tooLarge();
    }
    chunks.push(read.value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Its sender's doing, and no failure of ours. */
function brokeOff(): never {
  throw new KubeNovaError("KN-1001", "The body broke off before its end.");
}

/**
 * Refuses what JSON text can say and canonical JSON cannot: numbers that overflow, and depth without end.
 * @throws KubeNovaError KN-1002
 */
export function checkJson(value: unknown, depth = MAX_JSON_DEPTH, path: string[] = []): void {
  if (typeof value === "number" && !Number.isFinite(value)) throw refused(path, "the number is too large");
  if (typeof value !== "object" || value === null) return;
  if (depth === 0) throw refused(path.slice(0, 5), `nested deeper than ${MAX_JSON_DEPTH} levels`);
  for (const key in value) {
    path.push(key);
    if (key === "__proto__") throw refused(path, "this key is not allowed");
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === "object" || typeof item === "number") checkJson(item, depth - 1, path);
    path.pop();
  }
}

const refused = (path: string[], message: string): KubeNovaError =>
  new KubeNovaError("KN-1002", undefined, { issues: [{ path: path.join("."), message }] });
