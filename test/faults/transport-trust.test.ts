import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Transport, type TransportRequest } from "fairwitness";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startChaos } from "../support/chaos.ts";
import { createCertificate } from "../support/chaos-certificate.ts";
import { askAgent, CHAOS_KEY, PROTOCOLS } from "../support/chaos-client.ts";
import { startChild } from "../support/child.ts";
import { isOverFetch } from "../support/transport.ts";
import { startTunnel } from "../support/tunnel.ts";

const ask = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;
const SECRET = "sim_canary_header_8822";

interface Outcome {
  text?: string;
  code?: string;
  message?: string;
  retryable?: boolean;
}

/** What a process of its own makes of these servers. */
async function askInChild(
  baseURLs: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome[]> {
  const { code, out, errors } = await startChild("ask", { baseURLs, key: CHAOS_KEY }, environment).ended;
  expect({ code, errors: errors.replace(/^\(node.*\n?/gm, "") }).toEqual({ code: 0, errors: "" });
  return (out as { outcomes: Outcome[] }).outcomes; // the program prints it
}

describe("a redirect", () => {
  const statuses = [301, 302, 303, 307, 308];

  it.each(statuses.flatMap((status) => PROTOCOLS.map(({ api }) => [status, api] as const)))(
    "%i to another origin is not followed on %s: neither key, headers nor prompt go there (row 17)",
    async (status, api) => {
      await using other = await startChaos([{ fault: "none" }]);
      const location = `${other.url}/chat/completions?token=${SECRET}`;
      await using server = await startChaos([{ fault: "redirect", status, location }]);
      const { result, failures } = await askAgent(server, { api, headers: { "x-secret": SECRET } });
      expect(failures).toEqual(["redirect_refused"]);
      expect(result).toMatchObject({ status: "failed", error: { code: "redirect_refused", retryable: false } });
      expect(JSON.stringify(result)).toContain(other.host);
      expect(JSON.stringify(result)).not.toContain(SECRET);
      expect(server.requests).toHaveLength(1);
      expect(other.connections).toBe(0);
    },
  );

  it("within the same server, or without a place, is not followed either (row 17)", async () => {
    for (const location of ["/v2/chat/completions", "", "http://[bad", "javascript:alert(1)", undefined]) {
      await using server = await startChaos([
        { fault: "redirect", status: 307, ...(location === undefined ? {} : { location }) },
        { fault: "none" },
      ]);
      const { failures } = await askAgent(server);
      expect([location, failures]).toEqual([location, ["redirect_refused"]]);
      expect(server.requests).toHaveLength(1);
    }
  });

  it("of other requests than answers is refused as well (row 17)", async () => {
    await using other = await startChaos([{ fault: "none" }]);
    await using server = await startChaos([{ fault: "redirect", status: 302, location: other.url }]);
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url });
    for (const asking of [client.models.list(), client.languageModels.get("grok-4.7"), client.files.content("f1")]) {
      expect(await asking.catch((error: unknown) => error)).toMatchObject({ code: "redirect_refused" });
    }
    expect(other.connections).toBe(0);
  });
});

describe("the key", () => {
  it("goes to the origin of the base URL, whatever is asked for there (row 114)", async () => {
    const sent: TransportRequest[] = [];
    const transport: Transport = async (request) => {
      sent.push(request);
      return { status: 404, header: () => undefined, body: (async function* () {})() };
    };
    const odd = fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }),
      fc.webUrl(),
      fc.constantFrom(
        "..",
        "../..",
        "//evil.example/x",
        "\\\\evil.example",
        "@evil.example",
        "?a",
        "#a",
        "%2e%2e/",
        "a/../../b",
      ),
    );
    const base = fc.constantFrom("https://api.x.ai", "https://proxy.example:8443/xai/v1", "http://localhost:1234/");
    await fc.assert(
      fc.asyncProperty(base, odd, async (baseURL, id) => {
        sent.length = 0;
        const client = createClient({ apiKey: CHAOS_KEY, baseURL, transport, retry: { attempts: 1 } });
        const asked = [
          client.models.get(id),
          client.languageModels.get(id),
          client.files.get(id),
          client.files.content(id),
          client.files.delete(id),
          client.chat.completions.create(
            { ...ask, model: `m${id}` },
            { conversation: id.replace(/[^\x21-\x7e]/g, "") },
          ),
        ];
        await Promise.allSettled(asked);
        for (const { url, headers } of sent) {
          const { origin, pathname, username } = new URL(url);
          expect({ origin, username }).toEqual({ origin: new URL(baseURL).origin, username: "" });
          expect(pathname.startsWith(`${new URL(baseURL).pathname.replace(/\/(v1)?$/, "")}/v1/`)).toBe(true);
          expect(headers.authorization).toBe(`Bearer ${CHAOS_KEY}`);
        }
      }),
      { numRuns: 120 },
    );
  });
});

describe("a base URL of plain http", () => {
  it("is taken for this machine only: any other would get the key in the clear (row 19)", () => {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
    );
    const isHere = (url: string): boolean => /^(localhost|\[::1\]|127\..*)$/.test(new URL(url).hostname);
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const baseURL = `http://${name}:${port}`;
        fc.pre(URL.canParse(baseURL) && !isHere(baseURL));
        const refusal = expect.objectContaining({ code: "insecure_base_url" });
        expect(() => createClient({ apiKey: CHAOS_KEY, baseURL })).toThrow(refusal);
        expect(() => createClient({ apiKey: CHAOS_KEY, baseURL: baseURL.replace("http:", "https:") })).not.toThrow();
      }),
    );
  });
});

describe("a server over TLS", () => {
  let folder = "";
  const authority = createCertificate();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "chaos-"));
    await writeFile(join(folder, "authority.pem"), authority.cert);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("whose certificate is expired, of another host, or its own is refused for good, and no redirect leads from TLS to plain http (rows 18, 20)", async () => {
    const past = new Date(Date.now() - 86_400_000);
    const certificates = [
      createCertificate({ host: "127.0.0.1", issuer: authority }),
      createCertificate({ host: "127.0.0.1", issuer: authority, until: past }),
      createCertificate({ host: "other.example", issuer: authority }),
      createCertificate({ host: "127.0.0.1" }),
    ];
    const servers = await Promise.all(certificates.map((tls) => startChaos([{ fault: "none" }], { tls })));
    // Behind the certificate that is good: a redirect to plain http on the same machine.
    const [tls] = certificates;
    await using plain = await startChaos([{ fault: "none" }]);
    const leaving = await startChaos([{ fault: "redirect", status: 308, location: plain.url }], tls && { tls });
    await using notTls = await startChaos([{ fault: "banner", bytes: "HTTP/1.1 400 Bad Request\r\n\r\n" }]);
    const urls = [...servers, leaving].map(({ url }) => url);
    try {
      const environment = { NODE_EXTRA_CA_CERTS: join(folder, "authority.pem") };
      const outcomes = await askInChild([...urls, notTls.url.replace("http:", "https:")], environment);
      expect(outcomes[0]).toMatchObject({ text: "Sunny" });
      const codes = ["CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID", "DEPTH_ZERO_SELF_SIGNED_CERT"];
      expect(outcomes.slice(1, 4)).toEqual(
        codes.map((code) => ({
          code: "connection_failed",
          retryable: false,
          message: expect.stringMatching(new RegExp(`could not be trusted \\(${code}\\)\\. Its TLS certificate`)),
        })),
      );
      // Nothing in the advice that would switch the checking off.
      expect(JSON.stringify(outcomes)).not.toMatch(/rejectUnauthorized|TLS_REJECT/);
      expect(outcomes[4]).toMatchObject({ code: "redirect_refused" });
      expect(outcomes[5]).toMatchObject({
        code: "connection_failed",
        retryable: false,
        message: expect.stringContaining("over TLS"),
      });
      expect(servers.map(({ requests }) => requests.length)).toEqual([2, 0, 0, 0]);
      expect([plain.connections, notTls.requests.length]).toEqual([0, 0]);
    } finally {
      await Promise.all([...servers, leaving].map((server) => server.close()));
    }
  });
});

describe("a proxy of the environment", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  it("is used only where Node is told to, and never for this machine (row 23)", async () => {
    await using proxy = await startChaos([{ fault: "none" }]);
    await using server = await startChaos([{ fault: "none" }]);
    const address = `http://${proxy.host}`;
    const all = { HTTP_PROXY: address, http_proxy: address, HTTPS_PROXY: address, NO_PROXY: "", no_proxy: "" };
    expect(await askInChild([server.url], all)).toMatchObject([{ text: "Sunny" }]);
    const told = { ...all, NODE_USE_ENV_PROXY: "1" };
    expect(await askInChild([server.url], told)).toMatchObject([
      { code: "insecure_base_url", message: expect.stringMatching(/HTTP_PROXY .* Set NO_PROXY=/) },
    ]);
    const named = { ...told, NO_PROXY: "localhost,127.0.0.1", no_proxy: "localhost,127.0.0.1" };
    expect(await askInChild([server.url], named)).toMatchObject([{ text: "Sunny" }]);
    expect(proxy.connections).toBe(0);
  });

  it("carries requests to other machines where Node is told to use it (row 23)", async () => {
    const authority = createCertificate();
    const folder = await mkdtemp(join(tmpdir(), "chaos-"));
    const file = join(folder, "authority.pem");
    await writeFile(file, authority.cert);
    // No name of any server: only the proxy knows where it leads.
    const tls = createCertificate({ host: "api.x.test", issuer: authority });
    await using server = await startChaos([{ fault: "none" }], { tls });
    await using tunnel = await startTunnel(server.port);
    const proxy = { HTTPS_PROXY: tunnel.url, https_proxy: tunnel.url, NO_PROXY: "", no_proxy: "" };
    const environment = { ...proxy, NODE_USE_ENV_PROXY: "1", NODE_EXTRA_CA_CERTS: file };
    const url = `https://api.x.test:${server.port}/v1`;
    expect(await askInChild([url], environment)).toMatchObject([{ text: "Sunny" }]);
    expect(new Set(tunnel.targets)).toEqual(new Set([`api.x.test:${server.port}`]));
    await rm(folder, { recursive: true });
  });

  it.each([
    ["http://127.0.0.1:9/v1", { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:1" }, "HTTP_PROXY"],
    ["http://localhost/v1", { NODE_OPTIONS: "--a --use-env-proxy", http_proxy: "http://127.0.0.1:1" }, "HTTP_PROXY"],
    ["https://[::1]:8/v1", { NODE_USE_ENV_PROXY: "1", HTTPS_PROXY: "http://127.0.0.1:1" }, "HTTPS_PROXY"],
    ["https://127.0.0.1/v1", { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:1" }, "HTTP_PROXY"],
    [
      "http://127.0.0.1:9/v1",
      { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: "127.0.0.1:8" },
      "HTTP_PROXY",
    ],
    [
      "http://127.0.0.1:9/v1",
      { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: "x, 127.0.0.1:9" },
      undefined,
    ],
    ["http://127.0.0.1:9/v1", { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: "*" }, undefined],
    ["http://[::1]:9/v1", { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: "[::1]" }, undefined],
    ["http://127.0.0.1:9/v1", { NODE_USE_ENV_PROXY: "1" }, undefined],
    ["http://127.0.0.1:9/v1", { NODE_USE_ENV_PROXY: "0", HTTP_PROXY: "http://127.0.0.1:1" }, undefined],
    ["https://api.x.test/v1", { NODE_USE_ENV_PROXY: "1", HTTPS_PROXY: "http://127.0.0.1:1" }, undefined],
  ])("asked of %s in %j is refused for the sake of %s (row 23)", async (baseURL, environment, name) => {
    const names = ["NODE_OPTIONS", "NODE_USE_ENV_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
    for (const each of names.flatMap((one) => [one, one.toLowerCase()])) vi.stubEnv(each, undefined);
    for (const [each, value] of Object.entries(environment)) vi.stubEnv(each, value);
    let asked = 0;
    vi.stubGlobal("fetch", async () => {
      asked += 1;
      throw Object.assign(new Error("as at a port where nobody listens"), { code: "ECONNREFUSED" });
    });
    const client = createClient({ apiKey: CHAOS_KEY, baseURL, retry: { attempts: 1 } });
    const error = await client.models.list().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: name === undefined ? "connection_failed" : "insecure_base_url" });
    if (name !== undefined) expect(String(error)).toContain(`${name} hands it to a proxy`);
    else expect(String(error)).toMatch(/could not be reached \((ECONNREFUSED|EADDRNOTAVAIL)\)/);
    expect(asked).toBe(isOverFetch && name === undefined ? 1 : 0);
  });
});

describe("a process that used a client", () => {
  it("ends by itself at once, with no socket and no timer left, whatever the answers were (row 24)", async () => {
    const good = await startChaos([{ fault: "none" }]);
    const without = await startChaos([{ fault: "none", framing: "close" }]);
    const cut = await startChaos([{ fault: "cut", at: 90, how: "reset" }]);
    const open = await startChaos([{ fault: "after-end", next: "stall" }]);
    const moved = await startChaos([{ fault: "redirect", status: 302 }]);
    const flood = await startChaos([{ fault: "flood", unit: "a".repeat(60_000), body: "data: " }]);
    const servers = [good, without, cut, open, moved, flood];
    try {
      const child = startChild("ask", { baseURLs: servers.map(({ url }) => url), key: CHAOS_KEY });
      const { code, out, errors } = await child.ended;
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      expect(out).toMatchObject({
        outcomes: [
          { text: "Sunny" },
          { text: "Sunny" },
          { code: "connection_failed" },
          { text: "Sunny" },
          { code: "redirect_refused" },
          { code: "event_too_large" },
        ],
        held: [],
      });
    } finally {
      await Promise.all(servers.map((server) => server.close()));
    }
  });
});
