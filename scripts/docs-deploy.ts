/** The wrangler commands that docs/deploy.md tells people to type, and what wrangler itself says of them. */

export interface WranglerCommand {
  /** As it stands in the page. */
  text: string;
  /** Subcommand and positionals: `d1`, `create`, `kubenova`. */
  words: string[];
  flags: string[];
}

export interface WranglerHelp {
  command: string[];
  /** How many positionals it must have, and how many it takes. */
  required: number;
  positionals: number;
  flags: string[];
}

/** Every `npx wrangler …` in the page's shell blocks. A flag's value follows it, so words end at the first flag. */
export function wranglerCommands(markdown: string): WranglerCommand[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
  const lines = blocks.flatMap((block) => block.replace(/\\\n\s*/g, "").split("\n"));
  return lines.flatMap((line) => {
    const found = /\bnpx wrangler ([^|;&<>()]*)/.exec(line)?.[1]?.trim();
    if (!found) return [];
    const tokens = found.split(/\s+/);
    const first = tokens.findIndex((token) => token.startsWith("-"));
    const words = first < 0 ? tokens : tokens.slice(0, first);
    const flags = tokens.filter((token) => token.startsWith("-")).map((token) => token.replace(/=.*/, ""));
    return [{ text: `npx wrangler ${found}`, words, flags }];
  });
}

/** Reads `wrangler … --help`: its first line is the command with <required> and [optional] positionals. */
export function parseHelp(text: string): WranglerHelp {
  const usage = (/^wrangler (.*)$/m.exec(text)?.[1] ?? "").split(" ");
  const isPositional = (word: string) => /^[<[]/.test(word);
  const flags = [...text.matchAll(/^ {2,6}(-[\w-]+(?:, -[\w-]+)*) {2}/gm)].flatMap(
    (match) => match[1]?.split(", ") ?? [],
  );
  return {
    command: usage.filter((word) => !isPositional(word)),
    required: usage.filter((word) => word.startsWith("<")).length,
    positionals: usage.filter(isPositional).length,
    flags,
  };
}
