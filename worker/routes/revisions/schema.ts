import { z } from "zod";
import { appSpecSchema } from "../../../domain/apps/spec.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { DEFAULT_PAGE_SIZE } from "../../store/pages.ts";
import type { RevisionHead, RevisionQuery, RevisionRef } from "../../store/revisions.ts";
import { appParams, specExample } from "../apps/schema.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";
import { cursorSchema, limitSchema, pageOf } from "../shared/paging.ts";

const headFields = {
  id: z.string().regex(idPattern("revision")),
  number: z.int().min(1),
  digest: z
    .string()
    .meta({ description: "SHA-256 of the spec's canonical JSON: equal content has one revision." }),
  createdAt: timeSchema,
  createdBy: z.string(),
};

export const revisionHeadSchema = z.object(headFields).meta({ id: "RevisionHead" });
export const revisionSchema = z
  .object({ ...headFields, spec: appSpecSchema.meta({ id: "AppSpec" }) })
  .meta({ id: "Revision" });
export const revisionPageSchema = pageOf(revisionHeadSchema).meta({ id: "RevisionPage" });

export const revisionListQuery = z
  .strictObject({
    limit: limitSchema,
    cursor: cursorSchema,
    order: z.enum(["asc", "desc"]).optional().meta({ description: "By number; newest first where absent." }),
  })
  .transform(
    (query): RevisionQuery => ({
      limit: query.limit ? Number(query.limit) : DEFAULT_PAGE_SIZE,
      cursor: query.cursor,
      order: query.order ?? "desc",
    }),
  );

/** `latest`, a number, or an id, as it stands in a path. */
export const revisionParam = z
  .string()
  .regex(/^(latest|[1-9][0-9]{0,8}|rev_[0-7][0-9A-HJKMNP-TV-Z]{25})$/)
  .meta({ description: "`latest`, a number, or an id.", examples: ["1"] });

export const revisionParams = appParams.extend({ revision: revisionParam });

export const refOf = (revision: string | number): RevisionRef => {
  if (revision === "latest") return "latest";
  const text = String(revision);
  return text.startsWith("rev_") ? { id: text } : { number: Number(text) };
};

export const revisionHeadJson = (head: RevisionHead) => ({ ...head, createdAt: iso(head.createdAt) });

export const revisionHeadExample = {
  id: "rev_01KAJ84P6E8G0J2M4P6R8T0W2Y",
  number: 1,
  digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  createdAt: "2026-11-21T10:00:00.000Z",
  createdBy: "platform-admin",
};
export const revisionExample = { ...revisionHeadExample, spec: specExample };
