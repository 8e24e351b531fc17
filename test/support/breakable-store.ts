/** A session store that a test can make unavailable and inspect. */
import { memorySessionStore, type SessionRecord, type SessionStore } from "claimgate";

/** A store in memory, with a switch. */
export interface BreakableStore extends SessionStore {
  /** While true, every operation rejects and changes nothing. */
  isDown: boolean;
  /** All records of a subject's sessions, also expired ones. */
  look(subject: string): Promise<readonly SessionRecord[]>;
}

/** A store that is available until `isDown` is set. */
export function createBreakableStore(): BreakableStore {
  const inner = memorySessionStore();
  const reach = (): SessionStore => {
    if (store.isDown) throw new Error("connect ECONNREFUSED 10.0.0.7:6379");
    return inner;
  };
  const store: BreakableStore = {
    isDown: false,
    look: (subject) => inner.list(subject, { now: 0, deadline: Number.POSITIVE_INFINITY }),
    create: async (...given) => reach().create(...given),
    find: async (...given) => reach().find(...given),
    rotate: async (...given) => reach().rotate(...given),
    claim: async (...given) => reach().claim(...given),
    end: async (...given) => reach().end(...given),
    list: async (...given) => reach().list(...given),
    endAll: async (...given) => reach().endAll(...given),
  };
  return store;
}
