/**
 * Codes that a person reads on one screen and types on another (RFC 8628, section 6.1): consonants alone, so that no
 * word is spelled and no letter is taken for a digit. 20^8 codes are 34 bits.
 */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const LENGTH = 8;

/** Bytes that one code takes: {@link userCodeFrom} leaves out those that would favour some letters. */
export const USER_CODE_RANDOM_BYTES = 32;
const FAIR = 256 - (256 % LETTERS.length);

/** @returns `BCDF-GHJK`, or undefined where too many of the bytes were left out: draw again */
export function userCodeFrom(random: Uint8Array): string | undefined {
  const letters = [...random].filter((byte) => byte < FAIR).map((byte) => LETTERS[byte % LETTERS.length]);
  return letters.length < LENGTH ? undefined : grouped(letters.slice(0, LENGTH).join(""));
}

/** A code as a person typed it, in its one form; undefined where it cannot be one. */
export function readUserCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replace(/[\s._-]/g, "");
  if (letters.length !== LENGTH || [...letters].some((letter) => !LETTERS.includes(letter))) return undefined;
  return grouped(letters);
}

const grouped = (letters: string): string => `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`;
