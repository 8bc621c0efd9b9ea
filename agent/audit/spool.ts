import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesFact } from "../../domain/kubernetes-audit/fact.ts";

/**
 * What the API server was told is taken, until the manager has it: one file a batch, in the order of their names. What must
 * hold: a batch that was taken survives the process; there are never more bytes than allowed.
 */
export interface Spool {
  /** Takes all batches, or says that it is full and takes none. @throws where the disk does not */
  put(batches: readonly (readonly KubernetesFact[])[]): Promise<boolean>;
  /** The oldest; undefined where there is none. */
  first(): Promise<Batch | undefined>;
  drop(batch: Batch): Promise<void>;
  readonly bytes: number;
  /** Files that could not be read, since the start. */
  readonly broken: number;
}

export interface Batch {
  name: string;
  items: KubernetesFact[];
}

const SUFFIX = ".json";
const nameOf = (n: number) => `${String(n).padStart(12, "0")}${SUFFIX}`;

/** @param maxBytes of all batches together */
export async function openSpool(dir: string, maxBytes: number): Promise<Spool> {
  const sizes = new Map<string, number>();
  let broken = 0;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const file of (await readdir(dir)).sort()) {
    // Half written: whoever sent it was not told that it is taken.
    if (file.endsWith(SUFFIX)) sizes.set(file, (await stat(join(dir, file))).size);
    else await rm(join(dir, file), { force: true });
  }
  let next = Number.parseInt([...sizes.keys()].at(-1) ?? "0", 10) + 1;
  const total = () => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const drop = async (name: string) => {
    await rm(join(dir, name), { force: true });
    sizes.delete(name);
  };
  const write = async (text: string) => {
    const name = nameOf(next);
    next += 1;
    await writeFile(join(dir, `${name}.tmp`), text, { flush: true, mode: 0o600 });
    await rename(join(dir, `${name}.tmp`), join(dir, name));
    sizes.set(name, Buffer.byteLength(text));
  };
  let last: Promise<unknown> = Promise.resolve();

  return {
    put(batches) {
      const texts = batches.map((batch) => JSON.stringify(batch));
      const work = async () => {
        const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
        if (total() + bytes > maxBytes) return false;
        for (const text of texts) await write(text);
        return true;
      };
      const done = last.then(work, work);
      last = done.catch(() => {});
      return done;
    },
    async first() {
      for (const name of [...sizes.keys()]) {
        try {
          return { name, items: JSON.parse(await readFile(join(dir, name), "utf8")) as KubernetesFact[] };
        } catch {
          broken += 1;
          await drop(name);
        }
      }
      return undefined;
    },
    drop: ({ name }) => drop(name),
    get bytes() {
      return total();
    },
    get broken() {
      return broken;
    },
  };
}
