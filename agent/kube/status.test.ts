import { describe, expect, it } from "vitest";
import type { ErrorKind } from "./errors.ts";
import { errorOf, errorOfEvent, warningTexts } from "./status.ts";

const status = (code: number, reason: string, message = "m", details: object = {}) =>
  JSON.stringify({ kind: "Status", code, reason, message, details });

describe("what an error answer means", () => {
  const cases: [number, string, ErrorKind][] = [
    [409, status(409, "Conflict"), "conflict"],
    [409, status(409, "AlreadyExists"), "alreadyExists"],
    [404, status(404, "NotFound"), "notFound"],
    [404, "404 page not found\n", "noSuchKind"],
    [401, status(401, "Unauthorized"), "unauthorized"],
    [403, status(403, "Forbidden"), "forbidden"],
    [403, status(403, "Forbidden", "m", { causes: [{ reason: "NamespaceTerminating" }] }), "terminating"],
    [410, status(410, "Expired"), "gone"],
    [422, status(422, "Invalid"), "invalid"],
    [415, status(415, "UnsupportedMediaType"), "invalid"],
    [302, "", "invalid"],
    [413, status(413, "RequestEntityTooLarge"), "tooLarge"],
    [500, status(500, "", "etcdserver: request is too large"), "tooLarge"],
    [
      500,
      status(500, "", "failed to create typed patch object (x): .as: field not declared in schema"),
      "invalid",
    ],
    [500, status(500, "InternalError", "failed calling webhook"), "transient"],
    [503, "<html>no upstream</html>", "transient"],
    [504, status(504, "Timeout"), "transient"],
    [429, status(429, "TooManyRequests"), "tooMany"],
  ];
  it.each(cases)("%i %s is %s", (code, body, kind) => {
    expect(errorOf(code, body).kind).toBe(kind);
  });

  it("names the fields of other managers", () => {
    const causes = [
      { reason: "FieldManagerConflict", field: ".spec.replicas", message: 'conflict with "hpa"' },
    ];
    expect(errorOf(409, status(409, "Conflict", "m", { causes })).fieldConflicts).toEqual([
      { field: ".spec.replicas", message: 'conflict with "hpa"' },
    ]);
  });

  it("takes Retry-After from the header before the details", () => {
    const body = status(429, "TooManyRequests", "m", { retryAfterSeconds: 9 });
    expect(errorOf(429, body, "2").retryAfterSeconds).toBe(2);
    expect(errorOf(429, body).retryAfterSeconds).toBe(9);
    expect(errorOf(429, body, "Wed, 21 Oct 2026 07:28:00 GMT").retryAfterSeconds).toBe(9);
  });

  it("cuts a message that would flood a log", () => {
    expect(errorOf(500, "x".repeat(100_000)).message.length).toBe(2_048);
  });
});

it("an ERROR event carries its own code", () => {
  expect(errorOfEvent({ kind: "Status", code: 410, reason: "Expired" }).kind).toBe("gone");
  expect(errorOfEvent("nonsense").kind).toBe("transient");
});

it("reads warnings, quotes in them included", () => {
  expect(warningTexts({ warning: '299 - "v1beta1 is deprecated", 299 - "say \\"x\\""' })).toEqual([
    "v1beta1 is deprecated",
    'say \\"x\\"',
  ]);
});
