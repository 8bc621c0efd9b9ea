const MAX_LENGTH = 254;
const ADDRESS =
  /^[^\s@<>"(),;:\\[\]]{1,64}@([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+)$/;

/** An e-mail address in the one form in which it is compared, or undefined where it is none. */
export function readEmail(given: unknown): string | undefined {
  if (typeof given !== "string" || given.length > MAX_LENGTH) return undefined;
  const address = given.normalize("NFC").toLowerCase();
  return ADDRESS.test(address) ? address : undefined;
}

/** Part behind the `@` of an address as {@link readEmail} gives it. */
export const domainOf = (email: string): string => email.slice(email.lastIndexOf("@") + 1);

/** `j…@example.com`: enough for its owner to know it, for a page that another may see. */
export const maskedEmail = (email: string): string => `${email.slice(0, 1)}…@${domainOf(email)}`;
