/** Two ways to keep the storage of Nitro in a ring. In nuxt.config.ts the same stands under `nitro`. */
import { defineNitroConfig } from "nitropack/config";

const nodes = (process.env.RINGWALK_NODE ?? "http://127.0.0.1:8000").split(",");
const token = process.env.RINGWALK_TOKEN;

export default defineNitroConfig({
  srcDir: "server",
  compatibilityDate: "2026-07-01",
  storage: {
    // ringwalk's own driver: all nodes, so that one of them may be down.
    app: { driver: "ringwalk/driver", nodes, base: "app", token },
    // What Nitro brings along, at one node: nothing to install.
    shared: {
      driver: "http",
      base: `${nodes[0]}/unstorage`,
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
    },
  },
});
