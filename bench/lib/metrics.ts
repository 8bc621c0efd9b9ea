/** Reads a process's Prometheus metrics. @returns the value of a series without labels; undefined where there is none */
export async function scrape(url: string): Promise<(name: string) => number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name, value] = line.split(" ");
    if (name && value !== undefined && !line.startsWith("#")) values.set(name, Number(value));
  }
  return (name) => values.get(name);
}
