import { describe, expect, it } from "vitest";
import { ReadOnlyError } from "./errors.ts";
import { assertRead } from "./read-only.ts";

describe("the read-only guard", () => {
  it.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "post", "anything"])(
    "refuses %s",
    (method) => {
      expect(() => assertRead(method, "/api/v1/namespaces/x/pods")).toThrow(ReadOnlyError);
    },
  );

  it.each([
    "/api/v1/namespaces/x/pods/y/exec",
    "/api/v1/namespaces/x/pods/y%2Fexec",
    "/api/v1/namespaces/x/pods/y/%65xec",
    "/api/v1//namespaces//x/pods//y//attach",
    "/api/v1/namespaces/x/pods/y/portforward",
    "/api/v1/namespaces/x/services/y/proxy/a/b",
    "/api/v1/nodes/n/proxy/run/ns/pod/c",
    "/apis/example.org/v1/namespaces/x/things/y/proxy",
  ])("refuses GET %s, through which anything can be done", (path) => {
    expect(() => assertRead("GET", path)).toThrow(ReadOnlyError);
  });

  it.each([
    "/api/v1/pods",
    "/api/v1/namespaces/x/pods/y/log",
    "/api/v1/namespaces/x/pods/y",
    "/apis/apps/v1/namespaces/x/deployments/y/scale",
    "/version",
    "/api/v1/namespaces/proxy",
  ])("lets GET %s through", (path) => {
    expect(() => assertRead("GET", path)).not.toThrow();
  });
});
