import { z } from "zod";
import { violationSchema } from "./violation.ts";

/** Violations and errors that a status carries upward; the Transform or NovaApp in the cluster may hold more. */
export const MAX_REPORTED_VIOLATIONS = 20;
export const MAX_RENDER_ERRORS = 10;

export const renderErrorSchema = z.object({
  message: z.string().max(1024),
  file: z.string().max(1024).optional(),
  line: z.int().min(0).optional(),
  column: z.int().min(0).optional(),
  /** Path of the value, such as `input.replicas`. */
  path: z.string().max(1024).optional(),
  /** What would have been right there. */
  expected: z.string().max(1024).optional(),
});
export type RenderError = z.infer<typeof renderErrorSchema>;

/** `module.cue:3:5: input.replicas: not an int (int & >=1 was expected)` */
export function errorLine({ file, line, column, path, message, expected }: RenderError): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return [place, path, expected ? `${message} (${expected} was expected)` : message]
    .filter(Boolean)
    .join(": ");
}

/** A source that cannot be reached since then; what was fetched before goes on being used. */
export const staleSourceSchema = z.object({ since: z.iso.datetime(), reason: z.string().max(1024) });
export type StaleSource = z.infer<typeof staleSourceSchema>;

/** How the rendering of an app went. With `errors`, the last good graph keeps running. */
export const renderReportSchema = z.object({
  /** `sha256:…` of the module that was fetched last. */
  digest: z.string().max(128).optional(),
  /** What a tag or a branch stood for: a manifest's digest, or a commit. */
  revision: z.string().max(128).optional(),
  /** A tag or a branch may stand for something else by now. */
  stale: staleSourceSchema.optional(),
  /** Why what is wanted now could not be fetched or rendered. */
  errors: z
    .array(renderErrorSchema)
    .max(MAX_RENDER_ERRORS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
});
export type RenderReport = z.infer<typeof renderReportSchema>;

/** What a status has of rendering; absent where nothing is rendered from a module. */
export const renderStatusFields = {
  /** Deny first. */
  violations: z
    .array(violationSchema)
    .max(MAX_REPORTED_VIOLATIONS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  render: renderReportSchema.optional(),
};
