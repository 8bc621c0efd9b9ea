import { KubeNovaError } from "../../domain/errors/index.ts";

/** Longer than any write here takes by two orders of magnitude, and shorter than what clients wait for. */
export const REQUEST_TIME_LIMIT_MS = 30_000;

/** @throws KubeNovaError KN-1902 where the response is not there in time; what it does goes on, and is whole or absent */
export async function withTimeLimit(response: Promise<Response>): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new KubeNovaError("KN-1902")), REQUEST_TIME_LIMIT_MS);
  });
  try {
    return await Promise.race([response, limit]);
  } finally {
    clearTimeout(timer);
  }
}
