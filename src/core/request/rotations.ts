/** The refresh tokens that one request rotates, each once. */
import { CookieError } from "../errors.ts";
import { isTokenError } from "../jwt/errors.ts";
import type { LazyServices } from "../services.ts";
import type { CheckTokens, SessionTokens } from "../sessions/token-pair.ts";

/** Rotates refresh tokens, and remembers which. */
export class Rotations {
  readonly #services: LazyServices;
  readonly #running: Map<string, Promise<SessionTokens>> = new Map();
  readonly #done: Set<string> = new Set();

  constructor(services: LazyServices) {
    this.#services = services;
  }

  /**
   * New tokens for a refresh token. A request that presents it twice rotates it once, so the second
   * time is not a reuse. A rejected one is not verified again. Rejects as `Sessions.refresh` does.
   */
  rotate(token: string, check?: CheckTokens): Promise<SessionTokens> {
    const running = this.#running.get(token);
    // Tokens too large for the cookies of another call are not too large for this one's answer.
    if (running) return check ? running : running.catch((error: unknown) => this.#rotateAfter(error, token));
    const mine = this.#services
      .open()
      .sessions.refresh(token, check)
      .then((tokens) => {
        this.#done.add(token);
        return tokens;
      })
      .catch((error: unknown) => {
        // An outage is no decision: the next call asks again.
        if (!isTokenError(error)) this.#running.delete(token);
        throw error;
      });
    this.#running.set(token, mine);
    return mine;
  }

  /** Has refresh tokens presented again, since sessions of this request have ended. */
  forget(): void {
    this.#running.clear();
  }

  /** Whether a token was rotated here, also by a call that is still running. */
  async has(token: string): Promise<boolean> {
    await this.#running.get(token)?.catch(() => undefined);
    return this.#done.has(token);
  }

  #rotateAfter(error: unknown, token: string): Promise<SessionTokens> {
    if (error instanceof CookieError) return this.rotate(token);
    throw error;
  }
}
