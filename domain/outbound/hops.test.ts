import { describe, expect, it } from "vitest";
import { nextHop } from "./hops.ts";

const from = {
  url: "https://a.example.com/x/y",
  headers: { Authorization: "Bearer x", Accept: "application/json" },
};

describe("an answer that sends on", () => {
  it("within its origin keeps every header", () => {
    expect(nextHop(from, 302, "../z?a=b")).toEqual({ ...from, url: "https://a.example.com/z?a=b" });
  });

  it("to another origin leaves credentials behind", () => {
    const headers = { Accept: "application/json" };
    expect(nextHop(from, 307, "https://b.example.com/")).toEqual({ url: "https://b.example.com/", headers });
    expect(nextHop(from, 307, "https://a.example.com:8443/")).toMatchObject({ headers });
    expect(nextHop(from, 307, "http://a.example.com/")).toMatchObject({ headers });
  });

  it("to what is no URL goes on to just that, to be refused", () => {
    expect(nextHop(from, 301, "https://")).toEqual({ url: "https://", headers: {} });
  });

  it.each([
    [200, "/z"],
    [304, "/z"],
    [300, "/z"],
    [302, null],
  ])("is not %s with %s", (status, location) => expect(nextHop(from, status, location)).toBeUndefined());
});
