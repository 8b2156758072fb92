import { AgentError } from "../errors.ts";
import { ownOptions } from "../own.ts";

/** How long to wait for a server, milliseconds. */
export interface Timeouts {
  /** Until the connection is there, with a transport that can tell. Default 10,000. Over `fetch`, and over a proxy of the environment, it is 10 s whatever is set. */
  connectMs: number;
  /** Until the headers of the answer. Default 120,000. */
  headersMs: number;
  /** Between two network reads. Default 60,000. */
  idleMs: number;
  /** Both of these where the server may think in silence. Default 300,000, or what is set for `headersMs` and `idleMs`. */
  patientMs: number;
  /** For a stream that is kept alive and adds nothing to the answer, and for the whole of a JSON answer. Default 600,000. */
  progressMs: number;
}

/** The waits of one request. */
export interface Waits {
  connectMs: number;
  headersMs: number;
  idleMs: number;
  progressMs: number;
}

/**
 * The waits by whether a request is patient.
 * @throws {AgentError} `invalid_option` for what is no timeout or no time.
 */
export function createWaits(given: Partial<Timeouts>): (isPatient: boolean) => Waits {
  check(given);
  const { headersMs, idleMs, patientMs, connectMs = 10_000, progressMs = 600_000 } = ownOptions(given);
  const usual: Waits = { connectMs, headersMs: headersMs ?? 120_000, idleMs: idleMs ?? 60_000, progressMs };
  // Whoever sets a wait means it for every model, unless patience is set as well.
  const patient: Waits = {
    connectMs,
    headersMs: patientMs ?? headersMs ?? 300_000,
    idleMs: patientMs ?? idleMs ?? 300_000,
    progressMs,
  };
  return (isPatient) => (isPatient ? patient : usual);
}

const NAMES: { readonly [Name in keyof Timeouts]: true } = {
  connectMs: true,
  headersMs: true,
  idleMs: true,
  patientMs: true,
  progressMs: true,
};

function check(given: Partial<Timeouts>): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(NAMES, name)) {
      const known = Object.keys(NAMES).join(", ");
      throw new AgentError("invalid_option", `No timeout named ${JSON.stringify(name)}. Timeouts: ${known}.`);
    }
    // Timers of JavaScript end at 2^31 - 1 and fire at once beyond.
    if (typeof value !== "number" || !(value > 0 && value < 2 ** 31)) {
      throw new AgentError("invalid_option", `timeouts.${name} is ${value}: it must be milliseconds above 0.`);
    }
  }
}

/** The error of a wait that was too long. `option` is the timeout to raise. */
export function timedOut(
  code: "connect_timeout" | "headers_timeout" | "idle_timeout",
  what: string,
  option: keyof Timeouts,
): AgentError {
  return new AgentError(code, `${what}. Try again, or raise timeouts.${option}.`, { retryable: true });
}
