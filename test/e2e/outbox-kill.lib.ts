import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ApiAnswer, ApiClient } from "../lib/api.ts";
import type { Manager } from "../manager/start.ts";

export const PROJECT_PATH = "/api/v1/tenants/acme/projects/shop";

/** One app and everything that its only writer tried and was told. */
export interface AppLedger {
  name: string;
  id: string;
  /** Value of each PUT, in order: it stands in the image's tag. */
  attempted: number[];
  answered: number[];
  /** Revision numbers deployed to production, in order. */
  deployAttempts: number[];
  lastDeployAnswered: number;
  /** Revision numbers that answers named. */
  revisions: number[];
}

export const imageOf = (app: string, value: number): string => `registry.local/${app}:${value}`;

const specOf = (app: string, value: number) => ({
  spec: { specVersion: 1, source: { image: { image: imageOf(app, value) } } },
});

interface Change {
  id: string;
  revision: { id: string; number: number };
}

/** Writes to its own apps, one request after the other, until told to stop. */
export class Writer {
  readonly ledgers: AppLedger[];
  private readonly api: ApiClient;
  private readonly random: () => number;
  private keys = 0;
  /** Requests that are under way, and answers that came. */
  waiting = 0;
  answers = 0;

  constructor(manager: Manager, names: string[], random: () => number) {
    this.api = new ApiClient(manager);
    this.random = random;
    this.ledgers = names.map((name) => ({
      name,
      id: "",
      attempted: [],
      answered: [],
      deployAttempts: [],
      lastDeployAnswered: 0,
      revisions: [],
    }));
  }

  close(): void {
    this.api.close();
  }

  /** @param up waits until the manager can be asked again, after a request without an answer */
  async write(up: () => Promise<void>): Promise<void> {
    const ledger = this.ledgers[Math.floor(this.random() * this.ledgers.length)] as AppLedger;
    const deploys = ledger.revisions.length > 1 && this.random() < 0.25;
    const key = `${ledger.name}-${++this.keys}`;
    const send = deploys ? this.deploy(ledger) : this.put(ledger);
    if (await send(key)) return;
    await up();
    // A client that means it asks again with the same key: it must not happen twice.
    if (this.random() < 0.5 && !(await send(key))) await up();
  }

  private put(ledger: AppLedger): (key: string) => Promise<boolean> {
    const value = ledger.attempted.length + 1;
    ledger.attempted.push(value);
    return async (key) => {
      const answer = await this.ask<Change>("PUT", `/apps/${ledger.name}`, specOf(ledger.name, value), key);
      if (!answer) return false;
      if (ledger.id !== "" && ledger.id !== answer.body.id) throw new Error(`${ledger.name} was made anew`);
      ledger.id = answer.body.id;
      ledger.answered.push(value);
      ledger.revisions.push(answer.body.revision.number);
      return true;
    };
  }

  private deploy(ledger: AppLedger): (key: string) => Promise<boolean> {
    const revision = ledger.revisions[Math.floor(this.random() * ledger.revisions.length)] as number;
    ledger.deployAttempts.push(revision);
    const at = ledger.deployAttempts.length;
    return async (key) => {
      const path = `/apps/${ledger.name}/releases/production`;
      if (!(await this.ask("POST", path, { revision }, key))) return false;
      ledger.lastDeployAnswered = at;
      return true;
    };
  }

  /** @returns undefined where the manager died before it answered @throws on an answer that is no success */
  private async ask<T>(
    method: "PUT" | "POST",
    path: string,
    body: unknown,
    key: string,
  ): Promise<ApiAnswer<T> | undefined> {
    const request = { headers: { "idempotency-key": key }, expect: [200, 201, 202] };
    const url = `${PROJECT_PATH}${path}`;
    const asked =
      method === "PUT" ? this.api.put<T>(url, body, request) : this.api.post<T>(url, body, request);
    this.waiting++;
    try {
      const answer = await asked;
      this.answers++;
      return answer;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code || /socket hang up|aborted/.test(message)) return undefined;
      throw error;
    } finally {
      this.waiting--;
    }
  }
}

/** Sets which failpoints the next start of the manager has. */
export function setFailpoints(manager: Manager, names: string): void {
  const file = join(manager.dir, ".dev.vars");
  const others = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("KUBENOVA_FAILPOINT="));
  writeFileSync(file, `${[...others, `KUBENOVA_FAILPOINT=${JSON.stringify(names)}`].join("\n")}\n`);
}
