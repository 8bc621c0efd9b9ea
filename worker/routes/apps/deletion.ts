import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { type App, appState, updateApp } from "../../store/apps.ts";
import type { TenantScope } from "../../store/scope.ts";
import { touchReleasesOfApp } from "../../store/touch-releases.ts";
import { type Deletion, deletionEvent, deletionOf } from "../shared/deletion.ts";
import type { Names } from "../shared/place.ts";
import { appJson } from "./schema.ts";

/** Commits that an app is deleted, or back again; its releases are told. */
export function commitDeletion(
  call: Call<Names>,
  scope: TenantScope,
  before: App,
  becomes: Deletion,
): Promise<Answer> {
  const { changes, after } = deletionOf(call, before, becomes);
  return call.commit({
    db: scope.db,
    statements: [
      ...updateApp(scope, before, changes),
      touchReleasesOfApp(scope, before.id, call.correlationId),
    ],
    events: [
      {
        ...deletionEvent("app", becomes, appState(before), appState(after)),
        tenantId: scope.tenantId,
        subject: `app/${before.id}`,
      },
    ],
    answer: { status: 200, body: appJson(call.params, after), etag: etagOf(after.version) },
  });
}
