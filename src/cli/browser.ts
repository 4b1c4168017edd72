/** The browser of whoever started the command: whether there is one to open a page in, and the opening. */
import { note } from "./output.ts";

/**
 * Whether somebody sits there: standard output is a terminal, it is no CI, and there is a screen. On Linux a screen says
 * so (DISPLAY, WAYLAND_DISPLAY; WSL has that of Windows). Over SSH without one the browser would be on another machine
 * than the eyes, on macOS too. `BROWSER=none` refuses, as it does elsewhere.
 */
export function mayOpenBrowser(
  {
    env,
    platform,
    isTerminal,
  }: {
    readonly env: NodeJS.ProcessEnv;
    readonly platform: NodeJS.Platform;
    readonly isTerminal: boolean;
  } = {
    env: process.env,
    platform: process.platform,
    isTerminal: process.stdout.isTTY,
  },
): boolean {
  if (!isTerminal || isOn(env.CI) || env.BROWSER === "none") return false;
  const hasScreen = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  if (hasScreen) return true;
  const isRemote = Boolean(env.SSH_CONNECTION || env.SSH_TTY);
  const needsScreen = platform !== "darwin" && platform !== "win32";
  return !isRemote && (!needsScreen || Boolean(env.WSL_DISTRO_NAME));
}

function isOn(variable: string | undefined): boolean {
  return Boolean(variable) && variable !== "0" && variable !== "false";
}

/** Opens the page; where that fails, its url is on the screen all the same. */
export async function openPage(url: string): Promise<void> {
  try {
    const { default: open } = await import("open");
    await open(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(`The browser could not be opened (${reason}): open ${url} yourself.`);
  }
}
