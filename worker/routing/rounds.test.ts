import { describe, expect, it } from "vitest";
import { Rounds } from "./rounds.ts";

describe("rounds", () => {
  it("go on after one that fails, with what came meanwhile", async () => {
    const rounds = new Rounds<string>(0);
    const seen: string[][] = [];
    const work = async (some: string[]): Promise<void> => {
      seen.push(some);
      if (some.includes("bad")) {
        await rounds.take(["other"], work);
        throw new Error("away");
      }
    };
    await rounds.take(["bad"], work);
    expect(seen).toEqual([["bad"], ["other"]]);
    await rounds.take(["later"], work);
    expect(seen.at(-1)).toEqual(["later"]);
  });
});
