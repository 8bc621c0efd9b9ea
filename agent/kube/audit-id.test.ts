import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditId, correlationOf } from "./audit-id.ts";

describe("audit ids", () => {
  it("show the correlation id and the request's number", () => {
    expect(auditId("req_01JD3Q4X7Z", 7)).toBe("req_01JD3Q4X7Z-7");
  });

  it("always fit, are safe in a header, and differ where their sources differ", () => {
    const source = fc.record({ id: fc.string({ maxLength: 120 }), n: fc.nat(1_000_000) });
    fc.assert(
      fc.property(source, source, (a, b) => {
        const [x, y] = [auditId(a.id, a.n), auditId(b.id, b.n)];
        expect(x).toMatch(/^[A-Za-z0-9_.:-]{1,64}$/);
        if (a.id !== b.id && a.n === b.n) expect(x).not.toBe(y);
      }),
    );
  });

  it("tell the correlation id that they were made from, and ids of others tell none", () => {
    const source = fc.record({ id: fc.string({ minLength: 1, maxLength: 120 }), n: fc.nat(1_000_000) });
    fc.assert(
      fc.property(source, ({ id, n }) => {
        expect(correlationOf(auditId(id, n))).toBe(id);
      }),
    );
    expect(correlationOf("2b6f3f0e-5d8a-4a55-9f3a-111111111111")).toBeUndefined();
    expect(correlationOf("kubectl")).toBeUndefined();
  });
});
