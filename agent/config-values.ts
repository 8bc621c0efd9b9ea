/** Bad input: the process says what is wrong and ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export type Values = Readonly<Record<string, string | undefined>>;
export type Read = (path: string) => string;

/** The text of a file that a variable names. @throws ConfigError that names the variable */
export function readOr(name: string, path: string, read: Read): string {
  try {
    return read(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw new ConfigError(`${name}: the file cannot be read (${code})`);
  }
}

/** PEM of certificate authorities, in the file that a variable names. */
export function caOf(values: Values, name: string, read: Read): string | undefined {
  const path = values[name];
  if (!path) return undefined;
  const pem = readOr(name, path, read);
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new ConfigError(`${name}: holds no PEM certificate`);
}

/** What stands between commas. */
export const listOf = (text: string | undefined): string[] =>
  (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** The fields of the JSON object in a file, as if they were variables. @throws ConfigError */
export function configFile(path: string | undefined, read: Read): Record<string, string> {
  if (!path) return {};
  let value: unknown;
  try {
    value = JSON.parse(readOr("KUBENOVA_CONFIG_FILE", path, read));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError("KUBENOVA_CONFIG_FILE: not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigError("KUBENOVA_CONFIG_FILE: not a JSON object");
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, String(field)]));
}

/** The value itself, or that of the file which NAME_FILE names. An empty file is no value: an optional Secret's key. */
export function secret(values: Values, name: string, read: Read): string | undefined {
  const direct = values[name]?.trim();
  if (direct) return direct;
  const path = values[`${name}_FILE`];
  if (!path) return undefined;
  return readOr(`${name}_FILE`, path, read).trim() || undefined;
}

/** @throws ConfigError that names what is allowed */
export function oneOf<T extends string>(values: Values, name: string, allowed: readonly T[], fallback: T): T {
  const value = values[name] || fallback;
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new ConfigError(`${name}: one of ${allowed.join(", ")}`);
}

/** @throws ConfigError that names the range */
export function integer(values: Values, name: string, range: { min: number; max: number; fallback: number }) {
  const text = values[name];
  if (!text) return range.fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  throw new ConfigError(`${name}: an integer from ${range.min} to ${range.max}`);
}
