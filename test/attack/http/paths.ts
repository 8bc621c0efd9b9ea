import { fillPath } from "../operations.ts";
import type { Attack, Target } from "./target.ts";

const NOT_THERE = ["KN-1200", "KN-1201", "KN-1202"];

/** Parameters of the path that are read; what is passed on may be anything. */
const namesIn = ({ values }: Target): string[] => Object.keys(values).filter((name) => name !== "path");

const NAMES = [
  "%00",
  "%ff",
  "..%2f..",
  "%2e%2e%2f",
  "acme%2fprojects",
  "UPPER_case",
  "__proto__",
  "%F0%9F%92%A9",
  "%",
  "a'%20OR%201=1--",
  "a".repeat(5000),
  "%E2%80%AE",
];

const names: Attack[] = NAMES.map((value) => ({
  name: `a path with ${value.slice(0, 20)} for each name`,
  on: (target) => namesIn(target).length > 0,
  spoil: ({ place, values, request }) => ({
    ...request,
    path: fillPath(place.path, {
      ...Object.fromEntries(Object.keys(values).map((name) => [name, value])),
      ...("path" in values ? { path: "index.html" } : {}),
    }),
  }),
  codes: NOT_THERE,
}));

/** Behind what is passed on there is no other path. */
const whole = (name: string, change: (path: string) => string): Attack => ({
  name: `a path ${name}`,
  on: ({ passesOn, request }) => !passesOn && change(request.path) !== request.path,
  spoil: ({ request }) => ({ ...request, path: change(request.path) }),
  codes: NOT_THERE,
});

export const PATH_ATTACKS: readonly Attack[] = [
  ...names,
  whole("with a slash at its end", (path) => `${path}/`),
  whole("with two slashes at its begin", (path) => `/${path}`),
  whole("with slashes doubled", (path) => path.replaceAll("/", "//")),
  whole("with slashes encoded", (path) => `/${path.slice(1).replaceAll("/", "%2F")}`),
  whole("in upper case", (path) => path.toUpperCase()),
  whole("with a parameter of its own", (path) => `${path};a=b/`),
  whole("with 2,000 more steps", (path) => `${path}${"/a".repeat(2000)}`),
];
