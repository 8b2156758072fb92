import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from "vitest/config";

/** `FAIRWITNESS_POLLUTED=1`: the tests run with a polluted `Object.prototype` (fault row 142). */
const isPolluted = process.env.FAIRWITNESS_POLLUTED === "1";

/**
 * One compares events with copies that zod made of them, and zod takes what is inherited for a field of its own; Node's HTTP/2 does the
 * same, and ends the process.
 */
const UNPOLLUTED = ["test/agent/images.test.ts", "test/wire/http2.test.ts"];

const conditions = ["fairwitness-dev", "module", "node", "development|production"];

/** Tests of what goes over the network. They run twice: over undici and over `fetch`, with the same errors. */
const NETWORK = [
  "test/wire/{http,transport}.test.ts",
  "test/faults/transport*.test.ts",
  "test/faults/{cancel,cuts-sockets,secrets,storm,wire-answers}.test.ts",
];

/** Vitest resolves as Node does, whatever the conditions are: what `#transport` is elsewhere has to be named. */
const elsewhere = { "#transport": fileURLToPath(new URL("src/wire/default-fetch.ts", import.meta.url)) };

const over = (name: "undici" | "fetch", include: string[]): TestProjectInlineConfiguration => ({
  resolve: { conditions, alias: name === "fetch" ? elsewhere : {} },
  ssr: { resolve: { conditions } },
  test: {
    name,
    include,
    exclude: [...configDefaults.exclude, ...(isPolluted ? UNPOLLUTED : [])],
    // For programs that tests start.
    env: { FAIRWITNESS_TRANSPORT: name },
    testTimeout: 20_000,
    // Nothing may reject without somebody who looks at it (fault row 93).
    execArgv: ["--unhandled-rejections=strict"],
    setupFiles: isPolluted ? ["test/support/pollute.ts"] : [],
  },
});

const config: ViteUserConfig = defineConfig({
  test: {
    // One for each core: the process that gathers the results has little to do, and many tests wait.
    maxWorkers: "100%",
    // No planted secret in anything that is printed (fault row 112).
    globalSetup: ["test/project/canaries.ts"],
    projects: [over("undici", ["test/**/*.test.ts"]), over("fetch", NETWORK)],
  },
});

export default config;
