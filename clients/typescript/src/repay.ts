/** Pay back on a bank's page, and see what came of it: `node build/repay.js http://127.0.0.1:8080 10000001 2468`. */
import type { Repayment, RepaymentPayload, RepaymentQuote, RepaymentQuotePayload } from "./api.js";
import { Gateway, Refused } from "./gateway.js";

declare const process: { argv: string[] };
const [base = "http://127.0.0.1:8080", member_number = "10000001", pin = "2468"] = process.argv.slice(2);
const gateway = new Gateway(base);
const wish: RepaymentQuotePayload = { kind: "amount", amount: 1000, bank: "smbc" };

/** Ask to pay; a quote that does not hold any more is shown, and asked again under the same key. */
async function ask(quote: RepaymentQuote, key: string): Promise<Repayment> {
  console.log(`${quote.amount} yen through ${quote.bank}, ${quote.split.principal} of them off the loan`);
  const asked: RepaymentPayload = { ...wish, quote_id: quote.id, return_url: `${base}/docs` };
  try {
    return await gateway.call<Repayment>("POST", "/v1/repayments", asked, { "Idempotency-Key": key });
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code !== "quote_outdated") throw error;
    return ask(error.problem.quote as RepaymentQuote, key);
  }
}

const look = (id: string, wait: number) =>
  gateway.call<Repayment>("GET", `/v1/repayments/${id}`, undefined, { Prefer: `wait=${wait}` });

await gateway.signIn(member_number, pin);
const quote = await gateway.call<RepaymentQuote>("POST", "/v1/repayment_quotes", wish);
if (!quote.is_open) throw new Error(`${quote.bank} is closed until ${quote.reopens_at}`);
let repayment = await ask(quote, crypto.randomUUID());
while (!repayment.redirect && !repayment.is_final) repayment = await look(repayment.id, 1);
// A page goes there now: by `location.assign(url)`, or by posting a form of `fields` where `method` says so.
if (repayment.redirect) console.log(JSON.stringify(repayment.redirect));
while (!repayment.is_final) repayment = await look(repayment.id, 10);
console.log(repayment.state, repayment.paid_amount ?? repayment.reason);
