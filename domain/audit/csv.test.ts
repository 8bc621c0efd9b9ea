import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvField, csvHead, csvRow, type PlacedEntry } from "./csv.ts";

/** A reader of RFC 4180, section 2: rows of fields. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy;
  for (let match = field.exec(text); match && field.lastIndex <= text.length; match = field.exec(text)) {
    row.push(match[1] === undefined ? (match[2] ?? "") : match[1].replaceAll('""', '"'));
    if (match[3] !== ",") {
      rows.push(row);
      row = [];
    }
    if (field.lastIndex === text.length) break;
  }
  return rows;
}

const entry: PlacedEntry = {
  index: 7,
  id: "aud_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  time: "2026-11-21T10:00:00.000Z",
  actor: { kind: "user", id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB" },
  action: "app:update",
  object: "app/app_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  tenant: null,
  outcome: "denied",
  requestId: "req_1",
  correlationId: "c",
};

describe("the table of a log", () => {
  it("gives back every text that was put into it, by RFC 4180", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (reason) => {
        const [head = [], row = [], ...more] = parse(csvHead() + csvRow({ ...entry, reason }));
        expect(more).toEqual([]);
        expect(row).toHaveLength(head.length);
        const read = row[head.indexOf("reason")] ?? "";
        expect([reason, `'${reason}`]).toContain(read);
        expect(row[head.indexOf("object")]).toBe(entry.object);
      }),
    );
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", '=HYPERLINK("http://x")'])(
    "holds no formula: %j",
    (text) => {
      expect(csvField(text)).toMatch(/^"'/);
    },
  );

  it("leaves empty what an entry has not", () => {
    const [head = [], row = []] = parse(csvHead() + csvRow(entry));
    expect(row[head.indexOf("number")]).toBe("");
    expect(row[head.indexOf("index")]).toBe("7");
  });
});
