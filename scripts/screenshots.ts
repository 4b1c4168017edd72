/** `npm run screenshots`: makes docs/images/ anew, of a ring of five at rest and while a sixth node joins. */
import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { crc32, deflateSync, inflateSync } from "node:zlib";
import type { Page } from "playwright-core";
import { createClient } from "../src/client/client.ts";
import { startServer } from "../src/runtime/nodejs.ts";
import type { RunningServer } from "../src/runtime/server.ts";
import { openStore } from "../src/store/open.ts";
import {
  desktop,
  openPage,
  phone,
  startBrowser,
} from "../test/dashboard/browser.ts";
import { until } from "../test/e2e/until.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "8000" } },
});
const folder = "docs/images";
/** The page of GitHub shows no larger ones at once. */
const bytesMax = 200 * 1024;
/** So many that a join takes long enough to be seen. */
const keyCount = 3_000;
const zones = ["eu", "eu", "us", "us", "asia"];

function startNode(at: number): Promise<RunningServer> {
  const port = Number(values.port) + at;
  const zone = zones[at] ?? "asia";
  return startServer({
    name: `node-${port}`,
    port,
    zone,
    openStore: () => openStore({ kind: "memory" }),
  });
}

const servers: RunningServer[] = [];
for (const at of zones.keys()) {
  const server = await startNode(at);
  const [first] = servers;
  if (first) await server.node.join({ urls: [first.url] });
  servers.push(server);
}
const [first] = servers;
if (!first) throw new Error("there are nodes");
const client = createClient({ nodes: servers.map(({ url }) => url) });
await mkdir(folder, { recursive: true });
await putKeys();
let isLoaded = true;
const load = readOn();

const browser = await startBrowser();
const light = await opened({ viewport: desktop, colorScheme: "light" });
await shoot(light, "dashboard.png");
await openKey(light);
await shoot(light.locator(".keys"), "dashboard-key.png");
const onPhone = await opened({ viewport: phone, colorScheme: "light" });
await shoot(onPhone, "dashboard-phone.png");
const dark = await opened({ viewport: desktop, colorScheme: "dark" });
await shoot(dark, "dashboard-dark.png");
const sixth = await startNode(5);
const joined = sixth.node.join({ urls: [first.url] });
await until(() => isHalfWay(dark), "the join is half way");
await Promise.all([
  shoot(dark, "dashboard-join-dark.png"),
  shoot(onPhone, "dashboard-join-phone.png"),
]);
await joined;

isLoaded = false;
await load;
await browser.close();
for (const server of [...servers, sixth]) await server.close();

function nameOf(number: number): string {
  const names = ["ada", "barbara", "donald", "edsger", "grace", "leslie"];
  return names[number % names.length] ?? "";
}

function keyOf(number: number): string {
  return `users/${nameOf(number)}-${number}`;
}

async function putKeys(): Promise<void> {
  for (let at = 0; at < keyCount; at += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const number = at + index;
        const value = { number, name: nameOf(number), team: "compilers" };
        return client.putBytes(
          keyOf(number),
          new TextEncoder().encode(JSON.stringify(value, null, 2)),
          { contentType: "application/json" },
        );
      }),
    );
}

/** As many requests as a small service has. */
async function readOn(): Promise<void> {
  for (let turn = 0; isLoaded; turn++) {
    const keys = Array.from({ length: 4 }, (_, index) => {
      const number = (turn * 4 + index) % keyCount;
      return keyOf(number);
    });
    await Promise.all(keys.map((key) => client.getBytes(key)));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function opened(options: Parameters<typeof openPage>[2]): Promise<Page> {
  const { page } = await openPage(browser, first?.url ?? "", {
    ...options,
    deviceScaleFactor: 1,
  });
  // Figures of the last seconds are there, at every member.
  await until(async () => {
    const cells = page.locator("tbody td.figure");
    const texts = await cells.allTextContents();
    return texts.length >= 4 * zones.length && !texts.includes("–");
  }, "every member has told how it fares");
  return page;
}

async function openKey(page: Page): Promise<void> {
  await page.getByRole("searchbox").fill("users/ada-1200");
  await page.getByText("1 key", { exact: true }).waitFor();
  await page.getByRole("button", { name: "users/ada-1200" }).click();
  await page.getByText("All replicas hold the same.").waitFor();
}

async function isHalfWay(page: Page): Promise<boolean> {
  const text = (await page.locator(".centre").textContent()) ?? "";
  const [, left = ""] = /([\d,]+) partitions to go/.exec(text) ?? [];
  const count = Number(left.replaceAll(",", ""));
  return left !== "" && count > 60 && count < 480;
}

async function shoot(
  what: Pick<Page, "screenshot">,
  name: string,
): Promise<void> {
  const path = `${folder}/${name}`;
  const png = tightened(await what.screenshot());
  if (png.byteLength > bytesMax)
    throw new Error(`${path} has ${png.byteLength} bytes`);
  await writeFile(path, png);
  console.log(`${path}: ${(png.byteLength / 1024).toFixed(0)} KiB`);
}

/** The same picture in fewer bytes: browsers take little time for their compression (RFC 2083, section 3). */
function tightened(png: Buffer): Buffer {
  const chunks: { readonly type: string; readonly data: Buffer }[] = [];
  for (let at = 8; at < png.byteLength; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    chunks.push({ type, data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  const isImage = ({ type }: { type: string }) => type === "IDAT";
  const image = Buffer.concat(chunks.filter(isImage).map(({ data }) => data));
  const dense = deflateSync(inflateSync(image), { level: 9, memLevel: 9 });
  const [header, ...others] = chunks.filter((chunk) => !isImage(chunk));
  const all = [header, { type: "IDAT", data: dense }, ...others];
  return Buffer.concat([
    png.subarray(0, 8),
    ...all.flatMap((chunk) => (chunk ? [chunkOf(chunk)] : [])),
  ]);
}

function chunkOf({ type, data }: { type: string; data: Buffer }): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.byteLength);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
