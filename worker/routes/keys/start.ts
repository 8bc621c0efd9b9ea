import { startOf } from "../../../domain/sealing/walk.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { tenantOf, workOnRotations } from "../../sealing/rotations.ts";
import { insertRotation, type KeyRotation } from "../../store/key-rotations.ts";
import { rotationJson } from "./schema.ts";

export const KEYS = "/api/v1/platform/keys";

export const newRotation = (call: Call, kind: KeyRotation["kind"], owner: string): KeyRotation => ({
  id: call.newId("keyRotation"),
  kind,
  owner,
  startedAt: call.now,
  startedBy: call.principal.id,
  correlationId: call.correlationId,
  finishedAt: null,
  done: 0,
  failed: 0,
  place: startOf(call.now),
  lastError: null,
  version: 1,
});

/** Commits a rotation with what belongs to its start; the work goes on after the answer, and in each sweep. */
export async function start(
  call: Call,
  db: D1Database,
  rotation: KeyRotation,
  statements: D1PreparedStatement[] = [],
): Promise<Answer> {
  const answer = await call.commit({
    db,
    statements: [...statements, insertRotation(db, rotation)],
    events: [
      {
        type: "evt.key.rotation-started",
        tenantId: tenantOf(rotation),
        subject: `key-rotation/${rotation.id}`,
        data: { rotationId: rotation.id, kind: rotation.kind },
      },
    ],
    answer: { status: 202, body: rotationJson(rotation), location: KEYS },
  });
  call.waitUntil(workOnRotations(call.env));
  return answer;
}

/** One of its kind is under way: it is answered, and goes on at once. */
export async function goOn(call: Call, db: D1Database, running: KeyRotation): Promise<Answer> {
  call.waitUntil(workOnRotations(call.env));
  const answer = { status: 202, body: rotationJson(running), location: KEYS };
  return call.commit({ db, statements: [], events: [], answer });
}
