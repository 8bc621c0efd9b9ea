import type { Attack, Target } from "./target.ts";
import type { WireRequest } from "./wire.ts";

const MIB = 1024 * 1024;
const hasBody = (target: Target): boolean => target.maxBytes !== undefined;
const withBody = (
  target: Target,
  body: Uint8Array | string,
  more: Partial<WireRequest> = {},
): WireRequest => ({
  ...target.request,
  body,
  ...more,
});
/** Valid JSON of so many bytes, with a field that nobody knows. */
const junk = (bytes: number): string => `{"x":"${"a".repeat(bytes - 8)}"}`;
const limit = (target: Target): number => target.maxBytes ?? 0;

const attack = (name: string, codes: string[], spoil: (target: Target) => WireRequest): Attack => ({
  name: `a body ${name}`,
  on: hasBody,
  spoil,
  codes,
});

/** More than the manager takes in of a body that it refuses. */
const endless = (name: string, more: Partial<WireRequest>): Attack => ({
  ...attack(name, ["KN-1003"], (target) => withBody(target, Buffer.alloc(24 * MIB, " "), more)),
  cutOff: true,
});

const malformed = ["{", "nope", "{'a':1}", '{"a":1}}', '{"a":01}', '"\\x"', '{"a":1,}', "\u0000", "NaN"].map(
  (body) =>
    attack(`that is no JSON: ${JSON.stringify(body)}`, ["KN-1001"], (target) => withBody(target, body)),
);

/** Not UTF-8: a byte that never stands there, half a character, a surrogate, an overlong one, UTF-16. */
const encodings = [
  [0x22, 0xff, 0x22],
  [0x22, 0xc3],
  [0x22, 0xed, 0xa0, 0x80, 0x22],
  [0x22, 0xc0, 0xaf, 0x22],
  [0xff, 0xfe, 0x7b, 0, 0x7d, 0],
].map((bytes) =>
  attack(`that is not UTF-8: ${bytes}`, ["KN-1001"], (target) => withBody(target, Uint8Array.from(bytes))),
);

const invalid = [
  "null",
  "[]",
  "1",
  '"x"',
  "true",
  '{"unknown":1}',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"a":1e999}',
  '{"a":-1e999}',
  `{"a":${"9".repeat(10_000)}}`,
  '{"\\u0000":"\\u0000"}',
  '{"\\ud800":"\\udfff"}',
  `{${Array.from({ length: 4000 }, (_, n) => `"k${n}":1`).join()}}`,
].map((body) =>
  attack(`of no such form: ${body.slice(0, 30)}`, ["KN-1002"], (target) => withBody(target, body)),
);

const depth = (open: string, close: string) =>
  attack(`as deep as its size allows: ${open}`, ["KN-1001", "KN-1002"], (target) => {
    const levels = Math.floor(Math.min(limit(target), 400_000) / (open.length + close.length + 1));
    return withBody(target, `${open.repeat(levels)}1${close.repeat(levels)}`);
  });

const types = [
  "text/plain",
  "application/xml",
  "multipart/form-data; boundary=x",
  "",
  "application/jsonx",
  "\xff",
].map(
  (type): Attack =>
    attack(`of the type ${JSON.stringify(type)}`, ["KN-1004"], (target) => ({
      ...target.request,
      headers: { ...target.request.headers, "Content-Type": type },
    })),
);

const sizes = [
  attack("of exactly its limit is read", ["KN-1002"], (target) => withBody(target, junk(limit(target)))),
  attack("a byte over its limit", ["KN-1003"], (target) => withBody(target, junk(limit(target) + 1))),
  attack("a byte over its limit, in chunks", ["KN-1003"], (target) =>
    withBody(target, junk(limit(target) + 1), { chunked: true }),
  ),
  attack("of exactly its limit, in chunks, is read", ["KN-1002"], (target) =>
    withBody(target, junk(limit(target)), { chunked: true }),
  ),
  attack("far over its limit", ["KN-1003"], (target) => withBody(target, Buffer.alloc(7 * MIB, " "))),
  endless("that would never end", {}),
  endless("that would never end, in chunks", { chunked: true }),
  attack("that breaks off", ["KN-1001"], (target) => withBody(target, "{}   ", { saysLength: 100 })),
  attack("that says it is too large, and is not", ["KN-1003"], (target) =>
    withBody(target, "{}", { saysLength: limit(target) + 1 }),
  ),
];

export const BODY_ATTACKS: readonly Attack[] = [
  ...malformed,
  ...encodings,
  ...invalid,
  ...types,
  ...sizes,
  depth("[", "]"),
  depth('{"a":', "}"),
];
