import { ConfigError, type Read, readOr, type Values } from "./config-values.ts";

/** Where the API server's audit webhook is listened to; docs/audit-kubernetes.md has the table. */
export interface AuditConfig {
  host: string;
  port: number;
  /** Paths of PEM files. */
  certFile: string;
  keyFile: string;
  /** Of the file with the token that the API server sends. */
  tokenFile: string;
  /** Events that the manager does not have yet; survives the process. */
  spoolDir: string;
}

const MIN_TOKEN_LENGTH = 16;

/** @returns undefined where nothing is to be listened to @throws ConfigError that names the variable, and what it takes */
export function auditConfig(values: Values, read: Read): AuditConfig | undefined {
  const listen = values.KUBENOVA_AUDIT_LISTEN;
  if (!listen) return undefined;
  const [, host = "", digits] = /^(.+):(\d{1,5})$/.exec(listen) ?? [];
  const port = Number(digits);
  if (!host || !(port <= 65_535)) throw new ConfigError("KUBENOVA_AUDIT_LISTEN: host:port, as 0.0.0.0:9443");
  const file = (name: string) => {
    const path = values[name];
    if (!path) throw new ConfigError(`${name}: required with KUBENOVA_AUDIT_LISTEN`);
    return { path, text: readOr(name, path, read) };
  };
  const cert = file("KUBENOVA_AUDIT_TLS_CERT");
  const key = file("KUBENOVA_AUDIT_TLS_KEY");
  const token = file("KUBENOVA_AUDIT_TOKEN_FILE");
  if (!cert.text.includes("-----BEGIN CERTIFICATE-----"))
    throw new ConfigError("KUBENOVA_AUDIT_TLS_CERT: holds no PEM certificate");
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key.text))
    throw new ConfigError("KUBENOVA_AUDIT_TLS_KEY: holds no PEM private key");
  if (token.text.trim().length < MIN_TOKEN_LENGTH)
    throw new ConfigError(`KUBENOVA_AUDIT_TOKEN_FILE: ${MIN_TOKEN_LENGTH} characters at least`);
  return {
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port,
    certFile: cert.path,
    keyFile: key.path,
    tokenFile: token.path,
    spoolDir: values.KUBENOVA_AUDIT_SPOOL_DIR || "/var/lib/kubenova/audit",
  };
}
