import { checkpointPrefix } from "../../domain/audit/checkpoint.ts";
import type { Env } from "../env.ts";

/**
 * The checkpoints of a log that R2 holds, by size. Each object's metadata hold its note once more, so that a page of the
 * list gives many at once.
 *
 * @param before milliseconds since 1970: what was kept later belongs to a longer log
 */
export async function* keptCheckpoints(env: Env, log: string, before: number): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await env.ARCHIVE.list({
      prefix: checkpointPrefix(log),
      include: ["customMetadata"],
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { key, uploaded, customMetadata } of page.objects) {
      if (uploaded.getTime() > before) continue;
      yield customMetadata?.note ? decodeURIComponent(customMetadata.note) : await bodyOf(env, key);
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

const bodyOf = async (env: Env, key: string): Promise<string> =>
  (await (await env.ARCHIVE.get(key))?.text()) ?? "";
