/** `Rotations`: rotates each refresh token of a request once. */
import { CookieError } from "../errors.ts";
import { isTokenError } from "../jwt/errors.ts";
import type { LazyServices } from "../services.ts";
import type { CheckTokens, SessionTokens } from "../sessions/token-pair.ts";

/** The rotations of one request. */
export class Rotations {
  readonly #services: LazyServices;
  readonly #running: Map<string, Promise<SessionTokens>> = new Map();
  readonly #done: Set<string> = new Set();

  constructor(services: LazyServices) {
    this.#services = services;
  }

  /**
   * Returns new tokens for a refresh token. If a request presents the token twice, the second call
   * gets the same outcome, so it is not a reuse. Rejects as `Sessions.refresh` does.
   */
  rotate(token: string, check?: CheckTokens): Promise<SessionTokens> {
    const running = this.#running.get(token);
    // Tokens that are too large for the cookies of the first call still fit into a body.
    if (running) return check ? running : running.catch((error: unknown) => this.#rotateAfter(error, token));
    const mine = this.#services
      .open()
      .sessions.refresh(token, check)
      .then((tokens) => {
        this.#done.add(token);
        return tokens;
      })
      .catch((error: unknown) => {
        // An outage decides nothing: the next call tries again.
        if (!isTokenError(error)) this.#running.delete(token);
        throw error;
      });
    this.#running.set(token, mine);
    return mine;
  }

  /** Forgets the rotations, because a session of this request has ended. */
  forget(): void {
    this.#running.clear();
  }

  /** Whether this request has rotated the token, also in a call that is still running. */
  async has(token: string): Promise<boolean> {
    await this.#running.get(token)?.catch(() => undefined);
    return this.#done.has(token);
  }

  #rotateAfter(error: unknown, token: string): Promise<SessionTokens> {
    if (error instanceof CookieError) return this.rotate(token);
    throw error;
  }
}
