import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { ERRORS } from "../domain/errors/index.ts";
import { table } from "./docs-table.ts";

/** docs/errors.md from domain/errors: `node scripts/docs-errors.ts` writes it, its test holds it current. */

export const ERRORS_PAGE = new URL("../docs/errors.md", import.meta.url);

const GROUPS: Record<string, string> = {
  "10": "The request",
  "11": "Who asks",
  "12": "What is asked for",
  "13": "State and concurrency",
  "14": "Agents",
  "15": "Clusters and streams",
  "16": "Limits",
  "17": "Audit",
  "19": "Our side",
};

const HEAD = `# Errors

\`\`\`sh
curl -sS "$KUBENOVA_URL/api/v1/tenants/nobody" -H "Authorization: Bearer $KUBENOVA_TOKEN"
\`\`\`

Every error answer has this body, and its code never changes its meaning:

\`\`\`json
{
  "error": {
    "code": "KN-1200",
    "message": "There is no tenant 'nobody'.",
    "requestId": "req_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"
  }
}
\`\`\`

\`message\` is for people, \`details\` (where there is one) for programs; neither holds a secret. Quote the \`requestId\` when
you ask for help: it stands in the manager's log. \`KN-1900\` and above are worth another try, after \`Retry-After\` seconds
where that header is given; with an \`Idempotency-Key\` a repeat is harmless.

This page is generated from \`domain/errors/index.ts\` by \`node scripts/docs-errors.ts\`.
`;

export function errorsPage(): string {
  const sections = Object.entries(GROUPS).map(([prefix, title]) => {
    const rows = Object.entries(ERRORS)
      .filter(([code]) => code.startsWith(`KN-${prefix}`))
      .map(([code, { status, name, summary }]) => [code, String(status), name, summary]);
    return `\n## ${title}\n\n${table(["code", "status", "name", "meaning"], rows)}\n`;
  });
  return HEAD + sections.join("");
}

/** Codes that no section of the page would show. */
export const codesWithoutGroup = (): string[] =>
  Object.keys(ERRORS).filter((code) => !(code.slice(3, 5) in GROUPS));

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const page = errorsPage();
  const before = await readFile(ERRORS_PAGE, "utf8").catch(() => "");
  if (page !== before) await writeFile(ERRORS_PAGE, page);
  console.log(page === before ? "docs/errors.md is current" : "docs/errors.md is written");
}
