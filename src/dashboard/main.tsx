/** Where the page begins in the browser. */
import { createRoot } from "hono/jsx/dom/client";
import { App } from "./app.tsx";
import { createFeed } from "./feed.ts";
import { applyTheme } from "./theme.tsx";

applyTheme();

/** A node may stand behind a path, as those that one Worker hosts do. */
const home = location.origin + location.pathname.replace(/\/+$/, "");
const feed = createFeed(home);
document.addEventListener("visibilitychange", () =>
  feed.rest(document.visibilityState === "hidden"),
);

const root = document.getElementById("root");
if (root) createRoot(root).render(<App feed={feed} home={home} />);
