/** A session store that a test takes out of reach and brings back, and looks into. */
import { memorySessionStore, type SessionRecord, type SessionStore } from "claimgate";

/** A store in memory, with a switch. */
export interface BreakableStore extends SessionStore {
  /** While true every operation rejects, and none takes effect. */
  isDown: boolean;
  /** All that is known of a subject's sessions, whatever the time. */
  look(subject: string): Promise<readonly SessionRecord[]>;
}

/** A store that answers until it is told not to. */
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
