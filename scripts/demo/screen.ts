/** What a person sees: numbered steps with their seconds, a few lines under each, plain text where there is no terminal. */
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: string, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = (text: string): string => paint("1", text);
export const dim = (text: string): string => paint("2", text);
const green = (text: string): string => paint("32", text);

const times: { name: string; seconds: number }[] = [];

export function line(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** Runs one step of the demo; its seconds stand in the last line. */
export async function step<T>(name: string, title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  line(`\n${bold(`${times.length + 1}. ${title}`)}`);
  const value = await work();
  const seconds = (performance.now() - start) / 1000;
  times.push({ name, seconds });
  line(`   ${green("✓")} ${dim(`${seconds.toFixed(1)} s`)}`);
  return value;
}

export const detail = (text: string): void => line(`   ${text}`);

/** `demo: ok cluster=9.1s manager=1.2s …` */
export const closingLine = (): string =>
  `demo: ok ${times.map(({ name, seconds }) => `${name}=${seconds.toFixed(1)}s`).join(" ")}`;
