import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { FeedRequest } from "../../../durable-objects/rpc.ts";
import type { EventFilter } from "../../../protocol/events/filter.ts";
import type { Call } from "../../routing/call.ts";
import { tenantStub } from "../../store/database.ts";
import type { EventQuery } from "./schema.ts";

/** Opens the live feed of the filter's tenant, or of the platform. @throws KubeNovaError KN-1600, KN-1002 */
export async function openFeed(call: Call<unknown, EventQuery>, filter: EventFilter): Promise<Response> {
  const after = resumeAt(call.request.headers.get("last-event-id"), call.query.cursor);
  const body: FeedRequest = { filter, ...(after === undefined ? {} : { after }) };
  await call.countStream();
  const feed = tenantStub(call.env, filter.tenantId ?? "platform");
  const answer = await feed.fetch("https://feed/", { method: "POST", body: JSON.stringify(body) });
  if (answer.status === 429) {
    throw new KubeNovaError("KN-1600", "This feed has as many listeners as are allowed.", {
      retryAfterSeconds: 10,
    });
  }
  return new Response(answer.body, answer);
}

/** What the client saw last wins over where it first began. */
function resumeAt(lastEventId: string | null, cursor: string | undefined): number | undefined {
  if (lastEventId === null) return cursor === undefined ? undefined : Number(cursor);
  if (/^[0-9]{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw new KubeNovaError("KN-1002", "Last-Event-ID is not the id of an event of this feed.", {
    in: "header",
    issues: [{ path: "Last-Event-ID", message: "a sequence number" }],
  });
}
