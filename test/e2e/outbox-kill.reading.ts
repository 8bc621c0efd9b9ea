import { expect } from "vitest";
import type { PublishedEvent } from "../../protocol/events/envelope.ts";
import type { ApiClient } from "../lib/api.ts";
import { type AppLedger, PROJECT_PATH } from "./outbox-kill.lib.ts";

/** What the API says after the kills, put so that it can be compared with what writers tried and were told. */

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Release {
  id: string;
  app: string;
  environment: string;
  revision: { id: string; number: number };
  desiredRevision: number;
}

/** All items of a list. */
export async function pages<T>(api: ApiClient, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const answer: Page<T> = (await api.get<Page<T>>(`${path}?limit=200${cursor ? `&cursor=${cursor}` : ""}`))
      .body;
    items.push(...answer.items);
    cursor = answer.nextCursor;
  }
  return items;
}

/** Values that the database has for an app, and the number of the revision that holds each. */
export async function writtenValues(api: ApiClient, ledger: AppLedger): Promise<Map<number, number>> {
  if (ledger.id === "") return new Map();
  const revisions = await pages<{ number: number }>(api, `${PROJECT_PATH}/apps/${ledger.name}/revisions`);
  const values = await Promise.all(
    revisions.map(async ({ number }) => {
      const path = `${PROJECT_PATH}/apps/${ledger.name}/revisions/${number}`;
      const { body } = await api.get<{ spec: { source: { image: { image: string } } } }>(path);
      return [Number(body.spec.source.image.image.split(":").at(-1)), number] as const;
    }),
  );
  return new Map(values);
}

/** Revision numbers that events of an app name, in order: of the app itself, or of its deployments by a PUT. */
export function told(events: PublishedEvent[], ledger: AppLedger, what: "evt.app" | "staging"): number[] {
  const numbers = events.flatMap(({ type, subject, data }) => {
    if (what === "evt.app") {
      const after = data.after as { revisionNumber: number } | null;
      return type.startsWith("evt.app.") && subject === `app/${ledger.id}` && after
        ? [after.revisionNumber]
        : [];
    }
    const isOurs = type === "evt.deploy.requested" && data.appId === ledger.id && data.environment === what;
    return isOurs ? [data.revisionNumber as number] : [];
  });
  return numbers.sort((a, b) => a - b);
}

/** The last answered value, or a later one that was tried and not answered. */
export function expectFinal(ledger: AppLedger, releases: Release[]): void {
  const newest = Math.max(...ledger.revisions);
  const staging = releases.find(({ environment }) => environment === "staging");
  expect(staging?.revision.number, `${ledger.name} in staging`).toBeGreaterThanOrEqual(newest);
  const production = releases.find(({ environment }) => environment === "production")?.revision.number;
  if (ledger.lastDeployAnswered === 0) return;
  const possible = ledger.deployAttempts.slice(ledger.lastDeployAnswered - 1);
  expect(possible, `${ledger.name} in production`).toContain(production);
}
