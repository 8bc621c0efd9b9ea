import { describe, expect, test } from "vitest";
import { parseHelp, wranglerCommands } from "./docs-deploy.ts";

describe("parseHelp", () => {
  test("reads the command, its positionals and its flags", () => {
    const help = parseHelp(
      "wrangler d1 create <name> [more]\n\nMakes one\n\nGLOBAL FLAGS\n  -c, --config  Path  [string]\n\nOPTIONS\n      --routes, --route  Routes, not --this  [array]\n  -y, --yes  Yes\n",
    );
    expect(help).toEqual({
      command: ["d1", "create"],
      required: 1,
      positionals: 2,
      flags: ["-c", "--config", "--routes", "--route", "-y", "--yes"],
    });
  });
});

describe("wranglerCommands", () => {
  test("finds commands inside others, over several lines, with what surrounds them left out", () => {
    const found = wranglerCommands(
      "# x\n```sh\na=$(npx wrangler d1 info db --json | jq -r .uuid)\nnpx wrangler tail \\\n  --format json\nnpx wrangler secret put KEY < file\n```\nnpx wrangler not this\n",
    );
    expect(found.map(({ words, flags }) => ({ words, flags }))).toEqual([
      { words: ["d1", "info", "db"], flags: ["--json"] },
      { words: ["tail"], flags: ["--format"] },
      { words: ["secret", "put", "KEY"], flags: [] },
    ]);
  });
});
