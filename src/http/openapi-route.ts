/** `GET /openapi.json`: the description of this API, which `src/http/openapi/` makes of the routes' own schemas. */
import type { Answer } from "./answer.ts";

/** Made when it is first asked for, and kept. */
let text: string | undefined;

/** The document is the same for every node (docs/decisions/0032). */
export async function describeApi(): Promise<Answer> {
  text ??= JSON.stringify(
    (await import("./openapi.json", { with: { type: "json" } })).default,
  );
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-cache",
    },
    body: text,
  };
}
