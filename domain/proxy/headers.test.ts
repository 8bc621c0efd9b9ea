import { describe, expect, it } from "vitest";
import { answerHeaders, MAX_HEADER_BYTES, requestHeaders } from "./headers.ts";

describe("headers for a service", () => {
  it("have nothing of the API's credentials, of one connection, or of the edge's own", () => {
    const given: [string, string][] = [
      ["Authorization", "Bearer api"],
      ["Cookie", "a=b"],
      ["Connection", "close, X-Hop"],
      ["X-Hop", "1"],
      ["CF-Connecting-IP", "1.2.3.4"],
      ["X-KubeNova-Timeout-Seconds", "5"],
      ["X-Forwarded-For", "spoofed"],
      ["Accept", "text/html"],
    ];
    expect(requestHeaders(given)).toEqual([
      ["accept-encoding", "identity"],
      ["accept", "text/html"],
    ]);
  });

  it("carry what was meant for the service by name", () => {
    const given: [string, string][] = [
      ["x-kubenova-forward-authorization", "Basic x"],
      ["x-kubenova-forward-cookie", "s=1"],
    ];
    expect(requestHeaders(given)?.slice(1)).toEqual([
      ["authorization", "Basic x"],
      ["cookie", "s=1"],
    ]);
  });

  it("are bounded", () => {
    expect(requestHeaders([["x", "y".repeat(MAX_HEADER_BYTES)]])).toBeUndefined();
    expect(requestHeaders(Array.from({ length: 200 }, (_, i) => [`x-${i}`, "1"] as const))).toBeUndefined();
  });
});

it("headers of an answer cannot act for the API's origin, nor break the message", () => {
  const given: [string, string][] = [
    ["Set-Cookie", "session=1"],
    ["Content-Security-Policy", "default-src *"],
    ["Service-Worker-Allowed", "/"],
    ["X-KubeNova-Stream-Error", "KN-1500"],
    ["Bad Name", "x"],
    ["X-Split", "a\r\nSet-Cookie: b"],
    ["ETag", '"1"'],
  ];
  expect(answerHeaders(given)).toEqual([["ETag", '"1"']]);
});
