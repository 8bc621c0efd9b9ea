import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import type { KeyRotation } from "../../store/key-rotations.ts";

const time = z.iso.datetime();

export const rotationSchema = z
  .object({
    id: z.string().regex(idPattern("keyRotation")),
    kind: z.enum(["rewrap", "reseal"]).meta({
      description: "`rewrap`: data keys are wrapped anew. `reseal`: an owner's secrets are sealed anew.",
    }),
    owner: z.string().meta({ description: "Id of a tenant, `platform`, or `all` for a rewrap." }),
    state: z.enum(["running", "finished"]),
    startedAt: time,
    startedBy: z.string(),
    finishedAt: time.nullable(),
    done: z.int().meta({ description: "Data keys or secrets that were changed." }),
    failed: z.int().meta({ description: "Those that could not be opened, and so stay as they are." }),
    lastError: z.string().nullable().meta({ description: "Why the last step failed; it is tried again." }),
  })
  .meta({ id: "KeyRotation" });

export const rotationExample = {
  id: "krt_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  kind: "rewrap",
  owner: "all",
  state: "running",
  startedAt: "2026-11-21T10:00:00.000Z",
  startedBy: "platform-admin",
  finishedAt: null,
  done: 0,
  failed: 0,
  lastError: null,
};

const kekSchema = z.object({
  name: z.string().meta({ description: "`ring:<id>`, `aws-kms:<ARN>` or `vault:<mount>/<key>`." }),
  configured: z.boolean().meta({ description: "The manager has it; what it wraps does not open else." }),
  primary: z.boolean().meta({ description: "New data keys are wrapped by it." }),
  activeDataKeys: z.int(),
  retiredDataKeys: z.int().meta({ description: "Nothing new is sealed with these." }),
});

export const keysSchema = z
  .object({
    keyEncryptionKeys: z.array(kekSchema),
    rotations: z.array(rotationSchema).meta({ description: "The last 20, the newest first." }),
  })
  .meta({ id: "Keys" });

export const keysExample = {
  keyEncryptionKeys: [
    { name: "ring:k1", configured: true, primary: false, activeDataKeys: 12, retiredDataKeys: 1 },
    { name: "ring:k2", configured: true, primary: true, activeDataKeys: 3, retiredDataKeys: 0 },
  ],
  rotations: [rotationExample],
};

const iso = (at: number): string => new Date(at).toISOString();

export const rotationJson = (row: KeyRotation): Record<string, unknown> => ({
  id: row.id,
  kind: row.kind,
  owner: row.owner,
  state: row.finishedAt === null ? "running" : "finished",
  startedAt: iso(row.startedAt),
  startedBy: row.startedBy,
  finishedAt: row.finishedAt === null ? null : iso(row.finishedAt),
  done: row.done,
  failed: row.failed,
  lastError: row.lastError,
});
