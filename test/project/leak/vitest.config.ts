// A suite of its own, which prints a planted secret in the way that LEAK names: proves that the watch over ours sees it.
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: { root: import.meta.dirname, include: ["leaks.ts"], globalSetup: ["../canaries.ts"] },
});

export default config;
