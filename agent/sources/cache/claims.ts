import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

export interface Claim {
  name: string;
  owner: string;
  /** Of the file that it is on. */
  bytes: number;
  usedAt: number;
}

/** Makes the empty file, or gives it a new time. */
export async function mark(path: string, at: Date): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.utimes(at, at);
  } finally {
    await file.close();
  }
}

/** The claims on disk, the longest unused first. A claim on nothing, and a file that nobody claims, are removed. */
export async function whatIsThere(folder: string, claims: string): Promise<Claim[]> {
  const sizes = new Map<string, number>();
  for (const name of await readdir(folder)) sizes.set(name, (await stat(join(folder, name))).size);
  const found: Claim[] = [];
  for (const file of await readdir(claims)) {
    const [name = "", owner] = file.split(".");
    const bytes = sizes.get(name);
    if (bytes === undefined || owner === undefined) await rm(join(claims, file), { force: true });
    else found.push({ name, owner, bytes, usedAt: (await stat(join(claims, file))).mtimeMs });
  }
  const claimed = new Set(found.map(({ name }) => name));
  for (const name of sizes.keys()) if (!claimed.has(name)) await rm(join(folder, name), { force: true });
  return found.sort((a, b) => a.usedAt - b.usedAt);
}
