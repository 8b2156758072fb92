import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["fairwitness-dev", "module", "node", "development|production"] },
  ssr: { resolve: { conditions: ["fairwitness-dev", "module", "node", "development|production"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
  },
});

export default config;
