/** Vite gives a file's text. */
declare module "*?raw" {
  const text: string;
  export default text;
}

/** Vite's: texts of the files that match, by their paths. */
interface ImportMeta {
  glob<T>(patterns: string[], options: { query: "?raw"; import: "default"; eager: true }): Record<string, T>;
}
