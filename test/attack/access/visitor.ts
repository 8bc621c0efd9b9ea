import type { Manager } from "../../manager/start.ts";
import { Person } from "../plaintexts/person.ts";

/** Access tokens live for a quarter of an hour. */
const RENEW_MS = 10 * 60_000;

/** Somebody who came by a browser, and asks the API as its pages do. */
export class Visitor {
  readonly #person: Person;
  #token = Promise.resolve("");
  #renewAt = 0;

  readonly #comeBy: (person: Person) => Promise<unknown>;

  private constructor(manager: Manager, comeBy: (person: Person) => Promise<unknown>) {
    this.#person = new Person(manager.url);
    this.#comeBy = comeBy;
  }

  /** @param provider id of one that lets everybody in */
  static async comeBy(manager: Manager, provider: string, email: string): Promise<Visitor> {
    const visitor = new Visitor(manager, (person) => person.logIn(provider, email));
    await visitor.again();
    return visitor;
  }

  /** Logs in once more: the login may have been ended. */
  async again(): Promise<void> {
    await this.#comeBy(this.#person);
    this.#renewAt = 0;
  }

  /** An access token that is good for some minutes yet. */
  token(): Promise<string> {
    if (Date.now() >= this.#renewAt) {
      this.#renewAt = Date.now() + RENEW_MS;
      this.#token = this.#renewed();
    }
    return this.#token;
  }

  async #renewed(): Promise<string> {
    const answer = await this.#person.post("/api/v1/auth/refresh", "");
    return ((await answer.json()) as { token: string }).token;
  }

  /** @throws Error where it does not succeed */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${await this.token()}`, "content-type": "application/json" };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await this.#person.ask(path, init);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** The code of a terminal that is let in and has not asked yet. */
  async letIn(): Promise<string> {
    const asked = { client: "a terminal" };
    const device = await this.ask<{ deviceCode: string; userCode: string }>(
      "POST",
      "/api/v1/auth/device",
      asked,
    );
    await this.#person.approve(device.userCode);
    return device.deviceCode;
  }

  /** The refresh token of a terminal. */
  async refreshToken(): Promise<string> {
    const deviceCode = await this.letIn();
    const path = "/api/v1/auth/device/token";
    return (await this.ask<{ refreshToken: string }>("POST", path, { deviceCode })).refreshToken;
  }

  /** Ids of this person's logins but the one that asks. */
  async others(): Promise<string[]> {
    type Session = { id: string; current?: boolean };
    const { items } = await this.ask<{ items: Session[] }>("GET", "/api/v1/me/sessions");
    return items.filter(({ current }) => !current).map(({ id }) => id);
  }
}
