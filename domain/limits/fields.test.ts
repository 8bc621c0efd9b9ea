import { expect, it } from "vitest";
import { rateLimitFields } from "./fields.ts";

it("the fields say what is allowed, what is left of it, and when all of it is back", () => {
  const limits = [
    { name: "tenant", limit: 1_000, left: 1_079, resetMs: 0 },
    { name: "principal", limit: 60, left: 17, resetMs: 41_001 },
    { name: "other", limit: 10, left: -1, resetMs: 500 },
  ];
  expect(rateLimitFields(limits)).toEqual({
    "RateLimit-Policy": '"tenant";q=1000;w=60, "principal";q=60;w=60, "other";q=10;w=60',
    RateLimit: '"tenant";r=1000;t=0, "principal";r=17;t=42, "other";r=0;t=1',
  });
});
