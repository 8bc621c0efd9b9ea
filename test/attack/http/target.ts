import { fillPath, type Parameter, type Place } from "../operations.ts";
import type { WireRequest } from "./wire.ts";

/** An operation, and a request of it that an attack spoils. */
export interface Target {
  place: Place;
  /** Paths of its parameters' values; of the rest of a path there is none. */
  values: Record<string, string>;
  /** With what exists in its path, and its example as body; without a query. */
  request: WireRequest & { headers: Record<string, string> };
  /** Bytes that its body may have. */
  maxBytes: number | undefined;
  isPublic: boolean;
  /** Its path's rest and its query are passed on as they are. */
  passesOn: boolean;
  /** Names of its query that are not ours are let through: a provider may send what it likes. */
  takesAnyQuery: boolean;
}

/** One way to spoil a request; it must be refused with one of the codes, and change nothing. */
export interface Attack {
  name: string;
  on: (target: Target) => boolean;
  spoil: (target: Target) => WireRequest;
  codes: readonly string[];
  /** It is cut off as it still sends, and so may not hear its answer. */
  cutOff?: boolean;
}

export function targetOf(place: Place, token: string): Target {
  const { operation } = place;
  const inPath = operation.parameters.filter((each): each is Parameter => "in" in each && each.in === "path");
  const values = Object.fromEntries(inPath.map(({ name, example }) => [name, String(example)]));
  const media = Object.entries(operation.requestBody?.content ?? {})[0];
  const isPublic = operation.security.length === 0;
  return {
    place,
    values,
    request: {
      method: place.method,
      path: fillPath(place.path, values),
      headers: {
        ...(isPublic ? {} : { Authorization: `Bearer ${token}` }),
        ...(media ? { "Content-Type": media[0] } : {}),
      },
      ...(media ? { body: JSON.stringify(media[1].example) } : {}),
    },
    maxBytes: operation.requestBody?.["x-kubenova-max-bytes"],
    isPublic,
    takesAnyQuery: place.operation.operationId === "finishLogin",
    passesOn: /\/proxy\/|^\/tunnel\//.test(place.path),
  };
}
