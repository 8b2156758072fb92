import { configDefaults, defineConfig, type ViteUserConfig } from "vitest/config";

/** `FAIRWITNESS_POLLUTED=1`: the tests run with a polluted `Object.prototype` (fault row 142). */
const isPolluted = process.env.FAIRWITNESS_POLLUTED === "1";

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["fairwitness-dev", "module", "node", "development|production"] },
  ssr: { resolve: { conditions: ["fairwitness-dev", "module", "node", "development|production"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // It compares events with copies that zod made of them, and zod takes what is inherited for a field of its own.
    exclude: [...configDefaults.exclude, ...(isPolluted ? ["test/agent/images.test.ts"] : [])],
    testTimeout: 20_000,
    // Nothing may reject without somebody who looks at it (fault row 93).
    execArgv: ["--unhandled-rejections=strict"],
    // No planted secret in anything that is printed (fault row 112).
    globalSetup: ["test/project/canaries.ts"],
    setupFiles: isPolluted ? ["test/support/pollute.ts"] : [],
  },
});

export default config;
