import type { KubeObject, LiveObject } from "../kube/index.ts";
import { at } from "./model.ts";

const SHOWN = 5;

/**
 * Fields that came back from an apply with another value than was sent: an admission has changed them. They are said,
 * and not fought over: what the server answered is what is kept. Undefined where there are none. Values are not shown.
 */
export function mutatedText(sent: KubeObject, live: LiveObject): string | undefined {
  const { apiVersion: _a, kind: _k, ...rest } = sent;
  const found = differing(rest, live, "");
  if (found.length === 0) return undefined;
  const more = found.length > SHOWN ? `, and ${found.length - SHOWN} more` : "";
  return `an admission changed what was sent: ${found.slice(0, SHOWN).join(", ")}${more}`;
}

/** Scalars alone: what the server adds is no change, and it orders and completes lists as it likes. */
function differing(sent: unknown, live: unknown, path: string): string[] {
  if (Array.isArray(sent)) {
    if (!Array.isArray(live) || live.length !== sent.length) return [];
    return sent.flatMap((item, index) => {
      const name = at(item, "name");
      const same = name === undefined ? live[index] : live.find((one) => at(one, "name") === name);
      return same === undefined ? [] : differing(item, same, `${path}[${name ?? index}]`);
    });
  }
  if (typeof sent === "object" && sent !== null) {
    return Object.entries(sent).flatMap(([key, value]) => differing(value, at(live, key), `${path}.${key}`));
  }
  if (sent === null || live === undefined || live === null || sent === live) return [];
  return sameQuantity(sent, live) ? [] : [path];
}

const SUFFIX: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** The server writes quantities its own way (1000m is 1), and numbers as text where the field is text. */
function sameQuantity(a: unknown, b: unknown): boolean {
  const [left, right] = [quantity(a), quantity(b)];
  if (left === undefined || right === undefined) return `${a}` === `${b}`;
  return Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right));
}

function quantity(value: unknown): number | undefined {
  const [, digits, suffix = ""] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(String(value)) ?? [];
  const factor = SUFFIX[suffix];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
