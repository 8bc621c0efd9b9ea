import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { endWithParent, freePort, killTree } from "../../lib/process.ts";
import { keyServicesHome } from "./home.ts";

export interface Kms {
  url: string;
  /** Of a symmetric key. */
  arn: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Whether the user's policy allows to encrypt and decrypt. */
  allow(allowed: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** AWS KMS as moto plays it, which checks signatures and policies: see kms.py. */
export async function startKms(): Promise<Kms> {
  const python = join(await keyServicesHome(), "bin/python");
  const script = join(import.meta.dirname, "kms.py");
  const child = spawn(python, [script, String(await freePort("127.0.0.1"))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  endWithParent(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async (): Promise<Record<string, string>> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("moto ended");
    return JSON.parse(value);
  };
  const stop = () => killTree(child, "SIGTERM");
  const made = await answer().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url: made.url ?? "",
    arn: made.arn ?? "",
    accessKeyId: made.accessKeyId ?? "",
    secretAccessKey: made.secretAccessKey ?? "",
    async allow(allowed) {
      child.stdin.write(allowed ? "allow\n" : "deny\n");
      await answer();
    },
    stop,
  };
}
