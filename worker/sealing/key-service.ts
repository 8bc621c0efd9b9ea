import { type ErrorCode, KubeNovaError } from "../../domain/errors/index.ts";

/** A try takes milliseconds where the service is well. */
const TRY_LIMIT_MS = 3_000;
/** Waits before the second and the third try: all three end well within a request's time. */
const WAITS_MS = [100, 500];
/** An answer is a wrapped key of some hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface ServiceAnswer {
  status: number;
  /** Empty where the answer is no JSON object. */
  body: Record<string, unknown>;
}

/** What an answer that is no success means. `reason` is a code of the service, never its text: that might repeat what was sent. */
export interface Refusal {
  kind: "away" | "refused" | "unreadable";
  reason: string;
}

const CODES: Record<Refusal["kind"], ErrorCode> = {
  away: "KN-1903",
  refused: "KN-1904",
  unreadable: "KN-1905",
};

const TEXTS: Record<Refusal["kind"], string> = {
  away: "does not answer",
  refused: "refuses its key to this manager",
  unreadable: "does not unwrap this data key",
};

export const refusalError = (kek: string, { kind, reason }: Refusal): KubeNovaError =>
  new KubeNovaError(CODES[kind], `The key service of ${kek} ${TEXTS[kind]}: ${reason}.`, { kek, reason });

/**
 * Asks a key service, three times at most where it is away.
 *
 * @param request made anew for each try, since a signature is good for its moment only
 * @param judge what an answer means; undefined where it is the one that was asked for
 * @throws KubeNovaError KN-1903, KN-1904, KN-1905
 */
export async function askKeyService(
  kek: string,
  request: () => Promise<Request>,
  judge: (answer: ServiceAnswer) => Refusal | undefined,
): Promise<Record<string, unknown>> {
  for (let tries = 0; ; tries++) {
    const answer = await ask(await request());
    const refusal = "kind" in answer ? answer : judge(answer);
    if (!refusal && "body" in answer) return answer.body;
    const wait = WAITS_MS[tries];
    if (refusal?.kind !== "away" || wait === undefined) {
      throw refusalError(kek, refusal ?? { kind: "refused", reason: "no answer of its own" });
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function ask(request: Request): Promise<ServiceAnswer | Refusal> {
  try {
    // A redirect would carry the credential elsewhere.
    const signal = AbortSignal.timeout(TRY_LIMIT_MS);
    const response = await fetch(request, { redirect: "manual", signal });
    const { status } = response;
    if (status >= 300 && status < 400) return { kind: "refused", reason: `HTTP ${status}, a redirect` };
    return { status, body: parsed(await boundedText(response)) };
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    return { kind: "away", reason: late ? `no answer in ${TRY_LIMIT_MS} ms` : "no connection" };
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) return "";
    chunks.push(chunk);
  }
  return new Response(new Blob(chunks)).text();
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Statuses with which a service says that it is not there for now. */
export const isAway = (status: number): boolean => status >= 500 || status === 429 || status === 408;

/** Standard base64 of a field of an answer. @throws KubeNovaError KN-1904 where it is not there */
export function base64Field(kek: string, value: unknown): Uint8Array<ArrayBuffer> {
  try {
    if (typeof value !== "string" || value === "") throw new TypeError();
    return Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
  } catch {
    throw refusalError(kek, { kind: "refused", reason: "an answer without a key" });
  }
}

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
