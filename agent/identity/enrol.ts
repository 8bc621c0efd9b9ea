import http from "node:http";
import https from "node:https";
import { enrolMessage } from "../../protocol/tunnel/auth.ts";
import { type EnrolResponse, enrolResponseSchema } from "../../protocol/tunnel/enrol.ts";
import { VERSION } from "../version.ts";
import { type KeyPair, signWith } from "./keys.ts";

export interface EnrolOptions {
  managerUrl: URL;
  /** Certificate authorities, PEM; the system's where absent. */
  ca?: readonly string[];
  token: string;
  key: KeyPair;
  clusterUid: string;
  signal: AbortSignal;
}

/** `permanent`: the manager said no to this token; the same again will not help. */
export class EnrolError extends Error {
  override readonly name = "EnrolError";
  readonly permanent: boolean;
  constructor(message: string, permanent: boolean) {
    super(message);
    this.permanent = permanent;
  }
}

/** Id of a join token: what stands before its secret. */
export const tokenId = (token: string): string => token.split(".", 1)[0] ?? "";

const TIMEOUT_MS = 20_000;
const ANSWER_MAX_BYTES = 64 * 1024;
/** Worth the same request again. */
const TRANSIENT = new Set([408, 425, 429]);

/** Sends the join token and the public key. @throws EnrolError */
export async function enrol(options: EnrolOptions): Promise<EnrolResponse> {
  const { managerUrl, token, key, clusterUid } = options;
  const host = managerUrl.host.toLowerCase();
  const message = enrolMessage({ tokenId: tokenId(token), publicKey: key.publicKey, clusterUid, host });
  const body = JSON.stringify({
    token,
    publicKey: key.publicKey,
    signature: signWith(key, message),
    host,
    clusterUid,
    agentVersion: VERSION,
  });
  const { status, text } = await post(options, body);
  if (status < 200 || status > 299) {
    const permanent = status >= 400 && status < 500 && !TRANSIENT.has(status);
    throw new EnrolError(`the manager answered ${status}: ${reasonOf(text)}`, permanent);
  }
  const parsed = enrolResponseSchema.safeParse(parse(text));
  if (!parsed.success) throw new EnrolError("the manager's answer is not an enrolment", false);
  return parsed.data;
}

function post(
  { managerUrl, ca, signal }: EnrolOptions,
  body: string,
): Promise<{ status: number; text: string }> {
  const url = new URL("/api/v1/enrol", managerUrl);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const limits = { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) };
  const options = {
    method: "POST",
    headers,
    agent: false as const,
    ...limits,
    ...(ca ? { ca: [...ca] } : {}),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new EnrolError(error.message, false));
    const request = (url.protocol === "https:" ? https : http).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_MAX_BYTES) response.destroy(new Error("the answer is too large"));
        else chunks.push(chunk);
      });
      response.on("error", fail);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    request.on("error", fail);
    request.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(text: string): string {
  const body = parse(text) as { error?: { code?: unknown; message?: unknown } } | undefined;
  const { code, message } = body?.error ?? {};
  return typeof message === "string"
    ? `${String(code ?? "")} ${message}`.trim().slice(0, 300)
    : "no reason given";
}
