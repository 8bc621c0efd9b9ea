import { z } from "zod";
import { ERRORS, type ErrorBody, type ErrorCode } from "../../domain/errors/index.ts";
import { idPattern } from "../../domain/ids/index.ts";
import type { JsonSchema } from "./json-schema.ts";

export const errorBodySchema = z
  .object({
    error: z.object({
      code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
      requestId: z.string().regex(idPattern("request")),
    }),
  })
  .meta({ id: "Error", description: "Every error has this body; docs/errors.md lists the codes." });

const errorExample = (code: ErrorCode): ErrorBody => ({
  error: { code, message: ERRORS[code].summary, requestId: "req_01KAJ7Z8Q4X2N6V0D3M5R9T1WB" },
});

/** One example a code. */
export const ERROR_EXAMPLES: Record<string, JsonSchema> = Object.fromEntries(
  (Object.keys(ERRORS) as ErrorCode[]).map((code) => [
    code,
    { summary: ERRORS[code].name, value: errorExample(code) },
  ]),
);

/** Request headers, by name. */
export const HEADER_PARAMETERS: Record<string, JsonSchema> = {
  "If-Match": {
    name: "If-Match",
    in: "header",
    required: false,
    description:
      "The ETag that was read, or `*`: the change happens only if the object is still that one (else KN-1301).",
    example: '"1"',
    schema: { type: "string" },
  },
  "If-None-Match": {
    name: "If-None-Match",
    in: "header",
    required: false,
    description: "On GET: an ETag; 304 where nothing changed. On PUT: `*`, to create only (else KN-1301).",
    example: "*",
    schema: { type: "string" },
  },
  "Idempotency-Key": {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description: "Makes a repeat harmless for 24 hours: the same key and request get the first answer again.",
    example: "4b1f6f0e-5f0c-4b0e-9d55-6d1c1d1f2c3a",
    schema: { type: "string", pattern: "^[!-~]{1,255}$" },
  },
  "X-Correlation-Id": {
    name: "X-Correlation-Id",
    in: "header",
    required: false,
    description:
      "Follows the request into events, the cluster and its audit log; the request's own id where absent, longer than 128 characters, or not of letters, digits and `._:-`.",
    example: "checkout-42",
    schema: { type: "string" },
  },
  traceparent: {
    name: "traceparent",
    in: "header",
    required: false,
    description:
      "W3C Trace Context: where the manager traces, the request and all that it causes belong to this trace, within bounds (docs/tracing.md). What is not well formed begins a new one.",
    example: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    schema: { type: "string" },
  },
};

/** Response headers, by name. */
export const RESPONSE_HEADERS: Record<string, JsonSchema> = {
  ETag: { description: "The object's version, for If-Match.", schema: { type: "string" } },
  Location: { description: "Path of what was made.", schema: { type: "string" } },
  "Retry-After": { description: "Seconds to wait.", schema: { type: "string" } },
};
