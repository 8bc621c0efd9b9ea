/** Where spans go, as the variables of the OpenTelemetry specification say. */
export interface TraceTarget {
  /** Of the endpoint, with `/v1/traces`. */
  url: string;
  headers: Readonly<Record<string, string>>;
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * @param endpoint OTEL_EXPORTER_OTLP_ENDPOINT: an http or https URL; spans go to its `/v1/traces`
 * @param headers OTEL_EXPORTER_OTLP_HEADERS: `name=value,name=value`, values percent-encoded
 * @returns undefined where tracing is off
 * @throws TypeError that names the variable, and holds no value of a header
 */
export function traceTarget(
  endpoint: string | undefined,
  headers: string | undefined,
): TraceTarget | undefined {
  if (!endpoint?.trim()) return undefined;
  let url: URL;
  try {
    url = new URL(endpoint.trim());
  } catch {
    throw new TypeError("OTEL_EXPORTER_OTLP_ENDPOINT: not a URL");
  }
  if (!["http:", "https:"].includes(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new TypeError(
      "OTEL_EXPORTER_OTLP_ENDPOINT: http:// or https://, host and path only; credentials go into OTEL_EXPORTER_OTLP_HEADERS",
    );
  return { url: `${url.href.replace(/\/+$/, "")}/v1/traces`, headers: headersOf(headers) };
}

function headersOf(text: string | undefined): Record<string, string> {
  const pairs = (text ?? "")
    .split(",")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      const name = pair.slice(0, at).trim();
      const value = at < 0 ? undefined : decoded(pair.slice(at + 1).trim());
      if (value === undefined || !HEADER_NAME.test(name))
        throw new TypeError("OTEL_EXPORTER_OTLP_HEADERS: name=value,name=value with percent-encoded values");
      return [name, value];
    }),
  );
}

/** Header values are printable ASCII. */
function decoded(value: string): string | undefined {
  try {
    const text = decodeURIComponent(value);
    return /^[\x20-\x7e]*$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
