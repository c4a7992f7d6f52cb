/** Sign in, ask for cash, follow it live: `node build/sample.js http://127.0.0.1:8080 10000001 2468`. */
import type { Accounts, MemberEvent, Problem, SessionOpened, Transfer, TransferPayload, TransferQuote } from "./api.js";

declare const process: { argv: string[] };
const [base = "http://127.0.0.1:8080", member_number = "10000001", pin = "2468"] = process.argv.slice(2);
let token = "";

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.title} ${problem.detail} (${problem.request_id})`);
  }
}

/** Call until there is an answer; what is retryable is sent again as it stands, with the same key. */
async function call<Answer>(method: string, path: string, body?: object, key?: string): Promise<Answer> {
  for (;;) {
    const headers: Record<string, string> = { "Accept-Language": "en", "Content-Type": "application/json" };
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (key) headers["Idempotency-Key"] = key;
    const response = await fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (response.ok) return (await response.json()) as Answer;
    const problem = (await response.json()) as Problem;
    if (!problem.retryable || problem.code === "service_closed") throw new Refused(problem);
    await new Promise((done) => setTimeout(done, 1000 * Number(response.headers.get("Retry-After") ?? 1)));
  }
}

/** Yield what happens to the member from now on. */
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

/** Ask for cash; a quote that does not hold any more is shown, and asked again under the same key. */
async function ask(quote: TransferQuote, key: string): Promise<Transfer> {
  console.log(`${quote.amount} yen to ${quote.bank}, there by ${quote.credited_by}, fee ${quote.fee} yen`);
  const wish: TransferPayload = { account_id: quote.account_id, amount: quote.amount, quote_id: quote.id };
  try {
    return await call<Transfer>("POST", "/v1/transfers", wish, key);
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code !== "quote_outdated") throw error;
    return ask(error.problem.quote as TransferQuote, key);
  }
}

const login = { method: "member_number", member_number, pin };
token = (await call<SessionOpened>("POST", "/v1/sessions", login)).token;
const account = (await call<Accounts>("GET", "/v1/accounts")).items[0];
if (!account) throw new Error("Register an account first: POST /v1/accounts");
// Follow first, then ask: what happens in between comes by the stream. The key is kept before it is sent.
const stream = await fetch(`${base}/v1/events`, { headers: { Authorization: `Bearer ${token}` } });
const key = crypto.randomUUID();
const quote = await call<TransferQuote>("POST", "/v1/transfer_quotes", { account_id: account.id, amount: 3000 });
const { id } = await ask(quote, key);
for await (const event of events(stream)) {
  if (event.transfer_id !== id) continue;
  console.log(event.at, event.status);
  if (event.is_final) break;
}
console.log((await call<Transfer>("GET", `/v1/transfers/${id}`)).status);
