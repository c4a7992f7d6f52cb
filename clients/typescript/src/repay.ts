/** Pay back on a bank's page, and see what came of it: `node build/repay.js http://127.0.0.1:8080 10000001 2468`. */
import type { Problem, Repayment, RepaymentPayload, RepaymentQuote, RepaymentQuotePayload } from "./api.js";
import { Gateway } from "./gateway.js";
import { ask } from "./wish.js";

declare const process: { argv: string[] };
const [base = "http://127.0.0.1:8080", member_number = "10000001", pin = "2468"] = process.argv.slice(2);
const gateway = new Gateway(base);
const wish: RepaymentQuotePayload = { kind: "amount", amount: 1000, bank: "smbc" };

/** Show what it pays, and agree to it. */
function agree(quote: RepaymentQuote): { quote_id: string } {
  console.log(`${quote.amount} yen through ${quote.bank}, ${quote.split.principal} of them off the loan`);
  return { quote_id: quote.id };
}

/** A page asks the member here; this one agrees to new terms, and goes on with what may still be paid. */
function decide(problem: Problem): object | undefined {
  console.log(problem.code);
  return problem.code === "quote_outdated" ? agree(problem.quote as RepaymentQuote) : undefined;
}

const look = (id: string, wait: number) =>
  gateway.call<Repayment>("GET", `/v1/repayments/${id}`, undefined, { Prefer: `wait=${wait}` });

await gateway.signIn(member_number, pin);
const quote = await gateway.call<RepaymentQuote>("POST", "/v1/repayment_quotes", wish);
if (!quote.is_open) throw new Error(`${quote.bank} is closed until ${quote.reopens_at}`);
const asked: RepaymentPayload = { ...wish, ...agree(quote), return_url: `${base}/docs` };
let repayment = await ask<Repayment>(gateway, "/v1/repayments", asked, crypto.randomUUID(), decide);
while (!repayment.redirect && !repayment.is_final) repayment = await look(repayment.id, 1);
// A page goes there now: by `location.assign(url)`, or by posting a form of `fields` where `method` says so.
if (repayment.redirect) console.log(JSON.stringify(repayment.redirect));
while (!repayment.is_final) repayment = await look(repayment.id, 10);
console.log(repayment.state, repayment.paid_amount ?? repayment.reason);
