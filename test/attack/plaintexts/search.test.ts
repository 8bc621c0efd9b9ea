import { describe, expect, it } from "vitest";
import { placesOf } from "./search.ts";

const SECRET = "a-planted-secret_0123456789";
const found = (bytes: Buffer): boolean => placesOf([{ where: "x", bytes }], SECRET).length === 1;

describe("a search for a plaintext", () => {
  it.each([0, 1, 2, 3, 4])(
    "finds it behind %d bytes, as it is, in base64, in hex and in two-byte characters",
    (n) => {
      const all = Buffer.concat([Buffer.alloc(n, "x"), Buffer.from(SECRET), Buffer.from("yz")]);
      expect(found(all)).toBe(true);
      expect(found(Buffer.from(all.toString("base64")))).toBe(true);
      expect(found(Buffer.from(all.toString("base64url")))).toBe(true);
      expect(found(Buffer.from(all.toString("hex")))).toBe(true);
      expect(found(Buffer.from(all.toString("latin1"), "utf16le"))).toBe(true);
    },
  );

  it("finds it in a URL, and in what proves an OAuth client", () => {
    const odd = "a+planted/secret=_0123-456789";
    const all = `c:${odd.replace(/[^a-z0-9]/g, (each) => encodeURIComponent(each).replace("-", "%2D").replace("_", "%5F"))}`;
    for (const text of [encodeURIComponent(odd), all, Buffer.from(all).toString("base64")]) {
      expect(placesOf([{ where: "x", bytes: Buffer.from(text) }], odd)).toEqual(["x"]);
    }
  });

  it("does not find another one", () => {
    expect(found(Buffer.from(SECRET.replace("9", "8")))).toBe(false);
  });
});
