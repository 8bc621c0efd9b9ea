/** Errors of the library name values, and a value may be a Secret's: what is told is one of these, and a position. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^index .* out of bounds/s, "an index is outside of its list"],
  [/^(u?int|double) (divide|modulus) by zero/, "a division by zero"],
  [/overflow|out of range/, "a number is out of range"],
  [/^found no matching overload/, "nothing takes values of these types"],
  [/^type mismatch/, "a value is not of the type that is needed"],
  [/^the string grows too long/, "the string grows too long"],
  [/^the list grows too long/, "the list grows too long"],
  [/^error parsing regexp/, "this is no regular expression"],
  [/^map key conflict/, "a map has the same key twice"],
  [/convert|parse|Invalid/, "a value cannot be converted"],
];
const NO_FIELD = "field not found: ";

/**
 * Why an evaluation ended, in words that hold nothing of what it read. Pure.
 *
 * @param at where in the text, if that is known
 */
export function evaluationProblem(message: string, text: string, at: number | undefined): string {
  if (!message.startsWith(NO_FIELD))
    return WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? "it cannot be evaluated";
  // A name is told where it stands in the text itself as `.name`: a computed key is a value.
  const written = at === undefined ? undefined : /^\.\s*([A-Za-z_]\w*)/.exec(text.slice(at))?.[1];
  const isIt = written !== undefined && message === NO_FIELD + written;
  return isIt ? `there is no field '${written}'` : "there is no such key";
}
