/** What a page needs of the API: sign in, call until there is an answer, follow what happens. */
import type { MemberEvent, Problem, SessionOpened } from "./api.js";

const PAUSE_MS = 1_000;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

export class Refused extends Error {
  /** `again_ms`: after how long the same request may succeed. */
  constructor(readonly problem: Problem, readonly again_ms = Infinity) {
    super(`${problem.code}: ${problem.title} ${problem.detail} (${problem.request_id})`);
  }
}

export class Gateway {
  private headers: Record<string, string> = { "Accept-Language": "en", "Content-Type": "application/json" };

  constructor(readonly base: string, readonly patience_ms = 60_000) {}

  async signIn(member_number: string, pin: string): Promise<void> {
    const login = { method: "member_number", member_number, pin };
    this.headers["Authorization"] = `Bearer ${(await this.call<SessionOpened>("POST", "/v1/sessions", login)).token}`;
  }

  /** Call until there is an answer, for a minute: the same request, the same key. Of 204 and 304 it is undefined. */
  async call<Answer>(method: string, path: string, body?: object, more: Record<string, string> = {}): Promise<Answer> {
    const request = { method, headers: { ...this.headers, ...more }, ...(body && { body: JSON.stringify(body) }) };
    return this.patiently(async () => {
      const response = await this.answer(path, { ...request, signal: AbortSignal.timeout(20_000) });
      return (response.status === 204 || response.status === 304 ? undefined : await response.json()) as Answer;
    });
  }

  /** Return what happens to the member from now on; a stream that ends is resumed. Refused: the session is over. */
  async follow(): Promise<AsyncGenerator<MemberEvent>> {
    const place = { id: "", retry_ms: PAUSE_MS };
    const open = () => this.patiently(async () => {
      const blocks = this.blocks(place);
      if ((await blocks.next()).done) throw new Error("the stream ended before it began");
      return blocks;
    });
    let blocks = await open();
    return (async function* () {
      for (;; blocks = await open()) {
        try {
          for await (const data of blocks) if (data) yield JSON.parse(data) as MemberEvent;
        } catch {} // It broke: what was missed comes by the next one.
        await pause(place.retry_ms);
      }
    })();
  }

  /** Yield the data of each block of one stream, "" of what it says of itself, which has an id all the same; note how to resume. */
  private async *blocks(place: { id: string; retry_ms: number }): AsyncGenerator<string> {
    const resume = place.id ? { "Last-Event-ID": place.id } : {};
    const opened = await this.answer("/v1/events", { headers: { ...this.headers, ...resume } });
    let text = "";
    for await (const part of opened.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + part).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
        place.id = field("id") ?? place.id;
        place.retry_ms = Number(field("retry") ?? place.retry_ms);
        yield (!field("event")?.startsWith("stream.") && field("data")) || "";
      }
    }
  }

  /** Throws Refused on a problem. Another error page is a proxy's: the gateway has not answered. */
  private async answer(path: string, request: RequestInit): Promise<Response> {
    const response = await fetch(this.base + path, request);
    if (response.ok || response.status === 304) return response;
    const is_problem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
    if (!is_problem) throw new Error(`HTTP ${response.status}`);
    const problem = (await response.json()) as Problem;
    if (!problem.retryable || problem.code.endsWith("_closed")) throw new Refused(problem);
    throw new Refused(problem, 1000 * (Number(response.headers.get("Retry-After")) || 1));
  }

  /** Try again what broke, or may succeed later; in the end throw what it came to. */
  private patiently<Result>(attempt: () => Promise<Result>, until = Date.now() + this.patience_ms): Promise<Result> {
    return attempt().catch(async (error: unknown) => {
      const wait_ms = error instanceof Refused ? error.again_ms : PAUSE_MS;
      if (Date.now() + wait_ms > until) throw error;
      await pause(wait_ms);
      return this.patiently(attempt, until);
    });
  }
}
