/** Sign in, ask for cash, follow it live: `node build/sample.js http://127.0.0.1:8080 10000001 2468`. */
import type { Accounts, Transfer, TransferPayload, TransferQuote } from "./api.js";
import { Gateway, Refused } from "./gateway.js";

declare const process: { argv: string[] };
const [base = "http://127.0.0.1:8080", member_number = "10000001", pin = "2468"] = process.argv.slice(2);
const gateway = new Gateway(base);

/** Ask for cash; a quote that does not hold any more is shown, and asked again under the same key. */
async function ask(quote: TransferQuote, key: string): Promise<Transfer> {
  console.log(`${quote.amount} yen to ${quote.bank}, there by ${quote.credited_by}, fee ${quote.fee} yen`);
  const wish: TransferPayload = { account_id: quote.account_id, amount: quote.amount, quote_id: quote.id };
  try {
    return await gateway.call<Transfer>("POST", "/v1/transfers", wish, { "Idempotency-Key": key });
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code !== "quote_outdated") throw error;
    return ask(error.problem.quote as TransferQuote, key);
  }
}

await gateway.signIn(member_number, pin);
const account = (await gateway.call<Accounts>("GET", "/v1/accounts")).items[0];
if (!account) throw new Error("Register an account first: POST /v1/accounts");
// Follow first, then ask: what happens in between comes by the stream. The key is kept before it is sent.
const stream = await gateway.follow();
const key = crypto.randomUUID();
const wish = { account_id: account.id, amount: 3000 };
const quote = await gateway.call<TransferQuote>("POST", "/v1/transfer_quotes", wish);
const { id } = await ask(quote, key);
for await (const event of stream) {
  if (event.transfer_id !== id) continue;
  console.log(event.at, event.status);
  if (event.is_final) break;
}
console.log((await gateway.call<Transfer>("GET", `/v1/transfers/${id}`)).status);
