import { defineConfig } from "vitest/config";

const shared = { testTimeout: 120_000, hookTimeout: 120_000 };
/** "ringwalk/client" and its like are this checkout's sources (docs/decisions/0035). */
const conditions = [
  "ringwalk-source",
  "module",
  "node",
  "development|production",
];
const bySource = { resolve: { conditions }, ssr: { resolve: { conditions } } };

export default defineConfig({
  test: {
    // Two cores: more workers only make process tests wait for one another.
    maxWorkers: 2,
    projects: [
      {
        ...bySource,
        test: {
          ...shared,
          name: "parts",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Whole rings of processes, each of several: after all else.
        ...bySource,
        test: {
          ...shared,
          name: "rings",
          include: ["test/e2e/**/*.test.ts"],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
