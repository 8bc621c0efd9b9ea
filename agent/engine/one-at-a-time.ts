/** Runs it, and once more where it is asked for while it runs: that call resolves at once. */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let busy = false;
  let asked = false;
  return async () => {
    asked = true;
    if (busy) return;
    busy = true;
    try {
      while (asked) {
        asked = false;
        await work();
      }
    } finally {
      busy = false;
    }
  };
}
