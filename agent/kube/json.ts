/**
 * What a YAML reader refuses or folds although JSON allows it raw: C1 controls, DEL, line separators, the byte order
 * mark and non-characters. The API server reads apply bodies as YAML, so these are written as escapes.
 */
const NOT_YAML = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** JSON that is also YAML with the same meaning. `undefined` fields are left out. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    NOT_YAML,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
