import type { Asked, Tenant } from "./types.ts";

/** What all answers together have told the tenants of one another. */
export class Told {
  readonly #tenants: readonly Tenant[];
  /** What each tenant has sent: an answer that repeats it tells nothing. */
  readonly #sent = new Map<Tenant, Set<string>>();
  /** Answers by operation and by the parameters that are not the caller's: there must be one of each. */
  readonly #answers = new Map<string, Map<string, string>>();
  readonly #operations = new Set<string>();

  constructor(tenants: readonly Tenant[]) {
    this.#tenants = tenants;
  }

  sends(me: Tenant, values: readonly string[]): void {
    const sent = this.#sent.get(me) ?? new Set();
    for (const value of values) sent.add(value);
    this.#sent.set(me, sent);
  }

  /** Secrets of others that stand in a text, and that the reader had not named before. */
  leaksIn(text: string, me: Tenant): string[] {
    const others = this.#tenants.filter((tenant) => tenant !== me);
    return others
      .flatMap(({ secrets }) => secrets)
      .filter((secret) => text.includes(secret) && !this.#sent.get(me)?.has(secret));
  }

  /** The answer for what is another's, or nobody's: a reader must not be able to say which of the two. */
  answered(operationId: string, { owners, values, url }: Asked, status: number, text: string): void {
    const others = Object.keys(owners).filter((name) => owners[name] !== "own");
    const key = `${operationId} ${others}`;
    const masked = errorOf(text, values);
    const answers = this.#answers.get(key) ?? new Map<string, string>();
    answers.set(`${status} ${masked}`, `${url} (${Object.values(owners)})`);
    this.#answers.set(key, answers);
    this.#operations.add(operationId);
  }

  /** Operations whose answers differ, with a request for each. */
  differing = (): unknown[] =>
    [...this.#answers].filter(([, answers]) => answers.size > 1).map(([key, answers]) => [key, ...answers]);

  operations = (): string[] => [...this.#operations].sort();
}

/** An answer without what is of this one request: its ids, and what it named itself. */
export function errorOf(text: string, values: readonly string[]): string {
  const error = /"code":"(KN-\d+)"/.exec(text)?.[1];
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
  const details = /"details":(\{[^}]*\})/.exec(text)?.[1] ?? "";
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  const masked = longestFirst.reduce((rest, value) => rest.replaceAll(wholly(value), "…"), message + details);
  return `${error} ${masked}`;
}

/** A value where it stands alone: the revision 1 is in many numbers. */
const wholly = (value: string): RegExp =>
  new RegExp(`(?<![\\w-])${value.replace(/[^\w-]/g, "\\$&")}(?![\\w-])`, "g");
