import { describe, expect, it } from "vitest";
import { loadConfig } from "./config.ts";
import { isPrivateHost } from "./config-manager-url.ts";
import { ConfigError } from "./config-values.ts";

const TOKEN = `jtk_${"0".repeat(26)}.${"s".repeat(32)}`;
const env = (more: Record<string, string>) => ({ KUBENOVA_MANAGER_URL: "https://m.example", ...more });
const files: Record<string, string> = {
  "/token": `${TOKEN}\n`,
  "/empty": "\n",
  "/ca.pem": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
  "/not.pem": "hello",
  "/config.json": JSON.stringify({ KUBENOVA_MODE: "read-only", KUBENOVA_HTTP_PORT: 9000 }),
  "/broken.json": "{",
};
const read = (path: string) => {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  return text;
};

describe("configuration", () => {
  it("needs the manager alone; the rest has a default", () => {
    expect(loadConfig(env({}), read)).toMatchObject({
      mode: "manage",
      namespace: "kubenova-system",
      logLevel: "info",
      http: { port: 8080 },
      serviceDial: "api-server",
      closedNamespaces: ["kube-system", "kubenova-system"],
      keyRotationDays: 90,
    });
  });

  it("in a pod, services are dialled directly", () => {
    expect(loadConfig(env({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }), read).serviceDial).toBe("direct");
  });

  it("may stand in a file; variables win over it", () => {
    const config = loadConfig(
      env({ KUBENOVA_CONFIG_FILE: "/config.json", KUBENOVA_HTTP_PORT: "9001" }),
      read,
    );
    expect(config).toMatchObject({ mode: "read-only", http: { port: 9001 } });
  });

  it("takes the join token from a file; an empty one is none", () => {
    expect(loadConfig(env({ KUBENOVA_JOIN_TOKEN_FILE: "/token" }), read).joinToken).toBe(TOKEN);
    expect(loadConfig(env({ KUBENOVA_JOIN_TOKEN_FILE: "/empty" }), read).joinToken).toBeUndefined();
  });

  it("takes http only for private addresses, and only when told so", () => {
    const allowed = { KUBENOVA_ALLOW_INSECURE: "true" };
    expect(
      loadConfig({ ...allowed, KUBENOVA_MANAGER_URL: "http://10.1.2.3:8787" }, read).managerUrl.host,
    ).toBe("10.1.2.3:8787");
  });

  it.each([
    [{ KUBENOVA_MANAGER_URL: "" }, /KUBENOVA_MANAGER_URL: required/],
    [{ KUBENOVA_MANAGER_URL: "m.example" }, /not a URL/],
    [{ KUBENOVA_MANAGER_URL: "ftp://m.example" }, /https only/],
    [{ KUBENOVA_MANAGER_URL: "https://m.example/path" }, /scheme, host and port only/],
    [{ KUBENOVA_MANAGER_URL: "https://u:p@m.example" }, /scheme, host and port only/],
    [{ KUBENOVA_MANAGER_URL: "http://10.0.0.1" }, /ALLOW_INSECURE/],
    [{ KUBENOVA_MANAGER_URL: "http://m.example", KUBENOVA_ALLOW_INSECURE: "true" }, /private addresses only/],
    [{ KUBENOVA_MODE: "observe" }, /KUBENOVA_MODE: one of manage, read-only/],
    [{ KUBENOVA_JOIN_TOKEN: "secret" }, /not a join token/],
    [{ KUBENOVA_JOIN_TOKEN_FILE: "/nowhere" }, /cannot be read \(ENOENT\)/],
    [{ KUBENOVA_CA_FILE: "/not.pem" }, /no PEM certificate/],
    [{ KUBENOVA_CONFIG_FILE: "/broken.json" }, /not JSON/],
    [{ KUBENOVA_HTTP_PORT: "http" }, /KUBENOVA_HTTP_PORT: an integer/],
    [{ KUBENOVA_LOG_LEVEL: "loud" }, /KUBENOVA_LOG_LEVEL: one of/],
    [{ POD_NAMESPACE: "Not_A_Name" }, /POD_NAMESPACE/],
  ])("%j is refused with a message that says what it takes", (values, message) => {
    const attempt = () => loadConfig(env(values as Record<string, string>), read);
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(message);
  });

  it("never repeats a token in a message", () => {
    expect(() => loadConfig(env({ KUBENOVA_JOIN_TOKEN: "hunter2" }), read)).not.toThrow(/hunter2/);
  });
});

it.each([
  ["localhost", true],
  ["127.0.0.1", true],
  ["172.31.9.9", true],
  ["172.32.0.1", false],
  ["192.168.1.1", true],
  ["8.8.8.8", false],
  ["10.example.com", false],
  ["[::1]", true],
  ["[fd00::1]", true],
  ["[2001:db8::1]", false],
])("%s is private: %s", (host, expected) => {
  expect(isPrivateHost(host)).toBe(expected);
});
