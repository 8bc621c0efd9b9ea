import { z } from "zod";
import { isPublicAddress } from "../../domain/outbound/address.ts";

/** Record types of RFC 1035 and RFC 3596; others (CNAME) stand in an answer too. */
const ADDRESS_TYPES = { A: 1, AAAA: 28 } as const;
const MAX_ANSWER_BYTES = 64 * 1024;

/** The JSON form of DNS over HTTPS (`application/dns-json`), as far as it is needed. */
const answerSchema = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).default([]),
});

export type Resolution = "public" | "inside" | "unknown";

/** What a name resolves to, by DNS over HTTPS: `inside` where even one of its addresses is. */
export async function resolveName(resolver: string, name: string, signal: AbortSignal): Promise<Resolution> {
  const found = await Promise.all(
    Object.entries(ADDRESS_TYPES).map(([type, number]) => lookUp(resolver, name, type, number, signal)),
  );
  const addresses = found.flat();
  if (addresses.length === 0) return "unknown";
  return addresses.every(isPublicAddress) ? "public" : "inside";
}

async function lookUp(
  resolver: string,
  name: string,
  type: string,
  number: number,
  signal: AbortSignal,
): Promise<string[]> {
  const url = new URL(resolver);
  url.searchParams.set("name", name);
  url.searchParams.set("type", type);
  const answer = await fetch(url, {
    headers: { accept: "application/dns-json" },
    signal,
    redirect: "manual",
  });
  const text = await answer.text();
  if (!answer.ok || text.length > MAX_ANSWER_BYTES) throw new Error(`the resolver answered ${answer.status}`);
  const parsed = answerSchema.parse(JSON.parse(text));
  return parsed.Answer.filter((record) => record.type === number).map((record) => record.data);
}
