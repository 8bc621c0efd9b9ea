import type { ErrorCode } from "../../domain/errors/index.ts";
import type { Route } from "./define.ts";

/** Every code that a route may answer with: what its kind may, and its own. */
export function errorsOf(route: Route): ErrorCode[] {
  const codes: ErrorCode[] = ["KN-1002", "KN-1900", "KN-1901"];
  if (!route.streams) codes.push("KN-1902");
  codes.push("KN-1600");
  if (route.action !== "public") codes.push("KN-1100", "KN-1101", "KN-1102", "KN-1601");
  if (route.params) codes.push("KN-1200");
  if (route.body) codes.push("KN-1001", "KN-1003", "KN-1004");
  if (route.method !== "get" && route.action !== "public") {
    codes.push("KN-1007", "KN-1302", "KN-1303", "KN-1305");
  }
  if (route.conditional && route.method !== "get") codes.push("KN-1301");
  codes.push(...(route.errors ?? []));
  return [...new Set(codes)].sort();
}
