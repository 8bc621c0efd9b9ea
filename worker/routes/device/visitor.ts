import { toBase64Url } from "../../../domain/encoding/base64url.ts";
import type { Env } from "../../env.ts";
import { deriveKey } from "../../keys/ring.ts";
import { refreshTokenOf } from "../../login/cookies.ts";
import { type PresentedSession, presentedSession } from "../../login/credential.ts";
import { hmac } from "../../tokens/hmac.ts";
import { sameText } from "../../tokens/same-text.ts";

/** Whose login the browser's cookie is, where it is one that counts. The cookie is not used up by looking. */
export async function visitorOf(
  request: Request,
  env: Env,
  now: number,
): Promise<PresentedSession | undefined> {
  const token = refreshTokenOf(request);
  const found = token === undefined ? undefined : await presentedSession(env, token, now);
  const counts = found && !found.user.disabled && ["rotate", "repeat"].includes(found.decision);
  return counts ? found : undefined;
}

const proofs = async (env: Env, sessionId: string, userCode: string): Promise<string[]> => {
  const keys = await deriveKey(env, "device-form/v1");
  const primaryFirst = [...keys].sort((a, b) => Number(b.primary) - Number(a.primary));
  return Promise.all(
    primaryFirst.map(async ({ bytes }) => toBase64Url(await hmac(bytes, `${sessionId}\0${userCode}`))),
  );
};

/** What only a form that this login was shown for this code has in it: no other site can make one. */
export async function formProof(env: Env, sessionId: string, userCode: string): Promise<string> {
  const [proof = ""] = await proofs(env, sessionId, userCode);
  return proof;
}

export async function isFormProof(
  env: Env,
  sessionId: string,
  userCode: string,
  given: string,
): Promise<boolean> {
  const all = await Promise.all(
    (await proofs(env, sessionId, userCode)).map((proof) => sameText(proof, given)),
  );
  return all.includes(true);
}
