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
