/** `npm run page`: makes src/http/page.json, the dashboard as one file, of src/dashboard/. */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

/** The page, and what its Content-Security-Policy and its ETag are made of. */
export interface BuiltPage {
  /** Changes when the page does. */
  readonly version: string;
  /** Hashes, as a policy has them. */
  readonly script: string;
  readonly style: string;
  readonly html: string;
}

export const pageFile = "src/http/page.json";

export async function buildPage(): Promise<BuiltPage> {
  const [script, style, frame] = await Promise.all([
    bundle("src/dashboard/main.tsx"),
    bundle("src/dashboard/style.css"),
    readFile("src/dashboard/page.html", "utf8"),
  ]);
  const html = frame
    .replace("/*style*/", () => style)
    .replace("/*script*/", () => script);
  return {
    version: createHash("sha256").update(html).digest("hex").slice(0, 16),
    script: hashOf(script),
    style: hashOf(style),
    html,
  };
}

/** As the file has it. */
export function pageText(page: BuiltPage): string {
  return `${JSON.stringify(page, null, 2)}\n`;
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: ["es2023", "chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "hono/jsx/dom",
    legalComments: "none",
    // Bytes in the file are those that are sent, whatever reads it.
    charset: "ascii",
  });
  return (outputFiles[0]?.text ?? "").trim();
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

if (import.meta.main) await writeFile(pageFile, pageText(await buildPage()));
