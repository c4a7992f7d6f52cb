/** Sign in, ask for cash, follow it live: `node build/sample.js http://127.0.0.1:8080 10000001 2468 3000`. */
import type { Accounts, Problem, Transfer, TransferPayload, TransferQuote } from "./api.js";
import { Gateway } from "./gateway.js";
import { ask } from "./wish.js";

declare const process: { argv: string[] };
const [base = "http://127.0.0.1:8080", member_number = "10000001", pin = "2468", yen = "3000"] = process.argv.slice(2);
const gateway = new Gateway(base);

/** Show what holds, and agree to it. */
function agree(quote: TransferQuote): { quote_id: string } {
  console.log(`${quote.amount} yen to ${quote.bank}, there by ${quote.credited_by}, fee ${quote.fee} yen`);
  return { quote_id: quote.id };
}

/** A page asks the member here; this one agrees to new terms, and goes on with what was accepted already. */
function decide(problem: Problem): object | undefined {
  console.log(problem.code);
  return problem.code === "quote_outdated" ? agree(problem.quote as TransferQuote) : undefined;
}

await gateway.signIn(member_number, pin);
const account = (await gateway.call<Accounts>("GET", "/v1/accounts")).items[0];
if (!account) throw new Error("Register an account first: POST /v1/accounts");
// Follow first, then ask: what happens in between comes by the stream. The key is kept before it is sent.
const stream = await gateway.follow();
const key = crypto.randomUUID();
const wish = { account_id: account.id, amount: Number(yen) };
const quote = await gateway.call<TransferQuote>("POST", "/v1/transfer_quotes", wish);
const asked: TransferPayload = { ...wish, ...agree(quote) };
const { id, is_final } = await ask<Transfer>(gateway, "/v1/transfers", asked, key, decide);
if (!is_final) for await (const event of stream) {
  if (event.transfer_id !== id) continue;
  console.log(event.at, event.status);
  if (event.is_final) break;
}
console.log((await gateway.call<Transfer>("GET", `/v1/transfers/${id}`)).status);
