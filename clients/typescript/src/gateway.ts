/** What a page needs of the API: sign in, call until there is an answer, follow what happens. */
import type { MemberEvent, Problem, SessionOpened } from "./api.js";

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.title} ${problem.detail} (${problem.request_id})`);
  }
}

export class Gateway {
  private token = "";

  constructor(readonly base: string) {}

  async signIn(member_number: string, pin: string): Promise<void> {
    const login = { method: "member_number", member_number, pin };
    this.token = (await this.call<SessionOpened>("POST", "/v1/sessions", login)).token;
  }

  /** Call until there is an answer; what is retryable is sent again as it stands, with the same key. */
  async call<Answer>(method: string, path: string, body?: object, more: Record<string, string> = {}): Promise<Answer> {
    const headers: Record<string, string> = { "Accept-Language": "en", "Content-Type": "application/json", ...more };
    if (this.token) headers["Authorization"] = `Bearer ${this.token}`;
    for (;;) {
      const response = await fetch(this.base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      if (response.ok) return (await response.json()) as Answer;
      const problem = (await response.json()) as Problem;
      if (!problem.retryable || problem.code.endsWith("_closed")) throw new Refused(problem);
      await new Promise((done) => setTimeout(done, 1000 * Number(response.headers.get("Retry-After") ?? 1)));
    }
  }

  /** Return what happens to the member from now on. */
  async follow(): Promise<AsyncGenerator<MemberEvent>> {
    const opened = await fetch(`${this.base}/v1/events`, { headers: { Authorization: `Bearer ${this.token}` } });
    if (!opened.ok) throw new Refused((await opened.json()) as Problem);
    return events(opened);
  }
}

async function* events(opened: Response): AsyncGenerator<MemberEvent> {
  let text = "";
  for await (const part of opened.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + part).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice(6)) as MemberEvent;
    }
  }
}
