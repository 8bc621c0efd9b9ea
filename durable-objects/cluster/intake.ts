import { inTime } from "../../worker/bounded.ts";
import { directory } from "../../worker/store/database.ts";
import { type Commits, readCommits, type Witness } from "../../worker/store/witness.ts";
import type { Prepared } from "./documents.ts";
import type { Heart } from "./heart.ts";
import { heldWitness, markDiverged, sawCommit } from "./witness.ts";

interface Call {
  documents: readonly Prepared[];
  witness: Witness | undefined;
  done: PromiseWithResolvers<number>;
}

/**
 * The one way of documents from the database into the set. Before anything is stored or pushed, the database must still
 * have the commit that the set knows of, and the one that the documents were read after: else a restored database could
 * overwrite the set with its own revisions, and hide that by commits of its own under higher numbers.
 *
 * One reading at a time, begun after the calls came that it answers, and they are stored before the next one begins: so no
 * commit becomes the held one unless that before it was found beside it. Calls that come meanwhile share the next reading.
 */
export class Intake {
  readonly #heart: Heart;
  readonly #onStored: () => void;
  #waiting: Call[] = [];
  #isReading = false;

  constructor(heart: Heart, onStored: () => void) {
    this.#heart = heart;
    this.#onStored = onStored;
  }

  /**
   * @param witness a commit that the documents were read after
   * @returns how many documents were taken: none where the database was restored
   * @throws where the database does not answer, or lost that commit since
   */
  take(documents: readonly Prepared[], witness: Witness | undefined): Promise<number> {
    const { diverged } = this.#heart.known();
    // All of it comes with the declared epoch, whose set is built from the database as it then is.
    if (diverged || !documents.some((each) => this.#isNews(each) || this.#isDoubtful(each))) {
      return Promise.resolve(0);
    }
    const call = { documents, witness, done: Promise.withResolvers<number>() };
    this.#waiting.push(call);
    if (!this.#isReading) this.#heart.ctx.waitUntil(this.#run());
    return call.done.promise;
  }

  #isNews = (document: Prepared): boolean => this.#heart.documents.isNews(document);

  /** Older than what is held, or another text of the same revision: late, or of a restored database. */
  #isDoubtful = ({ key, revision, digest }: Prepared): boolean => {
    const held = this.#heart.documents.revisionOf(key);
    return (
      held !== undefined &&
      (held.revision > revision || (held.revision === revision && held.digest !== digest))
    );
  };

  async #run(): Promise<void> {
    this.#isReading = true;
    while (this.#waiting.length > 0) {
      const calls = this.#waiting.splice(0);
      try {
        const { epochId } = this.#heart.known();
        const held = heldWitness(this.#heart.known());
        const commits = await this.#read([held, ...calls.map(({ witness }) => witness)]);
        // The commit that was asked for belongs to another set.
        if (this.#heart.known().epochId !== epochId) {
          this.#waiting.unshift(...calls);
          continue;
        }
        if (held && !commits.has(held) && !this.#heart.known().diverged) markDiverged(this.#heart);
        this.#settle(calls, commits);
      } catch (error) {
        for (const { done } of calls) done.reject(error);
      }
    }
    this.#isReading = false;
  }

  /** A database that does not answer must not hold the next deliveries up: the outbox comes again. */
  #read(asked: readonly (Witness | undefined)[]): Promise<Commits> {
    const wanted = asked.filter((each) => each !== undefined);
    return inTime(readCommits(directory(this.#heart.env), wanted));
  }

  /** Pushed before the callers hear of it: what cannot be pushed fails their deliveries, as what cannot be stored. */
  #settle(calls: readonly Call[], commits: Commits): void {
    let stored = 0;
    const taken = calls.flatMap(({ documents, witness, done }) => {
      try {
        const accepted = this.#heart.known().diverged ? 0 : this.#store(documents, witness, commits);
        stored += accepted;
        return [{ done, accepted }];
      } catch (error) {
        done.reject(error);
        return [];
      }
    });
    if (stored > 0) this.#onStored();
    for (const { done, accepted } of taken) done.resolve(accepted);
  }

  #store(documents: readonly Prepared[], witness: Witness | undefined, commits: Commits): number {
    if (witness && !commits.has(witness)) {
      throw new Error("the database lost the commit of these documents: it was restored meanwhile");
    }
    if (!documents.some(this.#isNews)) return 0;
    return this.#heart.transaction((state) => {
      // Rows are read after the commit that is delivered, so that they may hold a later one: up to the newest.
      if (commits.newest) sawCommit(state, commits.newest);
      return this.#heart.documents.put(state, documents);
    });
  }
}
