/** One wish, once: ask for cash or to pay back, and let the member decide where it seems to have been made before. */
import type { Problem } from "./api.js";
import { Gateway, Refused } from "./gateway.js";

/**
 * Show the problem to the member. Return what to change in the wish: `quote_id` of the new quote (quote_outdated,
 * quote_used), `again` (repeated_wish) or `beside_open` (repayment_open); or nothing, to go on with what was accepted.
 */
export type Decide = (problem: Problem) => object | undefined | Promise<object | undefined>;

const TO_BE_DECIDED = ["quote_outdated", "quote_used", "repeated_wish", "repayment_open"];

/** Return what was accepted, now or before. Refused: what the member did not decide on, or the gateway refuses. */
export async function ask<Made>(
  gateway: Gateway, path: string, wish: object, key: string, decide: Decide,
): Promise<Made> {
  try {
    return await gateway.call<Made>("POST", path, wish, { "Idempotency-Key": key });
  } catch (error) {
    if (!(error instanceof Refused) || !TO_BE_DECIDED.includes(error.problem.code)) throw error;
    const change = await decide(error.problem);
    if (change) return ask(gateway, path, { ...wish, ...change }, key, decide);
    const made = error.problem.transfer ?? error.problem.repayment;
    if (!made) throw error;
    return made as Made;
  }
}
