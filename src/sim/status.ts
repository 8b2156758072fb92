import type { SimRefusal } from "./request.ts";

/** The bodies xAI was seen to send with a status (xai-wire 5.2); what is not known is a flat body without code. */
export function statusRefusal(status: number, model: string): SimRefusal {
  const known = bodies[status];
  const body = known === undefined ? { error: `Simulated HTTP ${status}` } : known(model);
  return { status, body };
}

const bodies: Readonly<Record<number, (model: string) => unknown>> = {
  400: () => ({ code: "invalid-argument", error: "Invalid arguments passed to the model." }),
  401: () => ({ code: "unauthenticated:no-credentials", error: "No credentials presented." }),
  403: () => ({
    code: "The caller does not have permission to execute the specified operation",
    error: "Your newly created team doesn't have any credits or licenses yet.",
  }),
  404: (model) => ({
    code: "not-found",
    error: `The model ${model} does not exist or your team sim_team does not have access to it.`,
  }),
  410: () => ({
    error:
      "Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai/docs/guides/tools/overview",
  }),
  429: (model) => ({
    code: "resource-exhausted",
    error: `Too many requests for team sim_team and model ${model}. Your team's rate limit is - Requests per Minute (actual/limit): 2/2.`,
  }),
  500: () => ({ code: "internal", error: "Internal error" }),
  503: () => ({
    code: "The service is currently unavailable",
    error: "The service is currently unavailable. Please try again later.",
  }),
  520: () => "<!DOCTYPE html><html><head><title>520: Web server is returning an unknown error</title></head></html>",
};
