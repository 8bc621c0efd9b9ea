import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { run } from "../cluster/run.ts";

export interface Certificate {
  ca: string;
  cert: string;
  key: string;
}

/** A CA of its own and a server certificate for `host`, valid 30 days, made once a folder by openssl. */
export async function makeCertificate(dir: string, host: string): Promise<Certificate> {
  const files = { ca: join(dir, "ca.crt"), cert: join(dir, "server.crt"), key: join(dir, "server.key") };
  if (existsSync(files.cert)) return files;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const names = [`${isIP(host) ? "IP" : "DNS"}:${host}`, "IP:127.0.0.1", "DNS:localhost"];
  writeFileSync(
    join(dir, "ext"),
    `subjectAltName=${[...new Set(names)].join(",")}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n`,
  );
  const caKey = join(dir, "ca.key");
  const request = join(dir, "server.csr");
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await run("openssl", [
    "req",
    "-x509",
    ...ec,
    "-keyout",
    caKey,
    "-out",
    files.ca,
    "-days",
    "30",
    "-subj",
    "/CN=kubenova local CA",
  ]);
  await run("openssl", ["req", ...ec, "-keyout", files.key, "-out", request, "-subj", "/CN=kubenova"]);
  await run("openssl", [
    "x509",
    "-req",
    "-in",
    request,
    "-CA",
    files.ca,
    "-CAkey",
    caKey,
    "-CAcreateserial",
    "-out",
    files.cert,
    "-days",
    "30",
    "-extfile",
    join(dir, "ext"),
  ]);
  return files;
}
