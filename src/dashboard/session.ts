/** What the page remembers: the token for as long as the tab is open, the theme for good. Neither ever stands in a url. */

const tokenKey = "ringwalk-token";
const themeKey = "ringwalk-theme";

/** Absent: the reader has given none. */
export function readToken(): string | undefined {
  return read(sessionStorage, tokenKey);
}

/** Absent: forgets it. */
export function keepToken(token: string | undefined): void {
  write(sessionStorage, tokenKey, token);
}

/** What a reader can choose. */
export type Theme = "light" | "dark";

/** Absent: as the system has it. */
export function readTheme(): Theme | undefined {
  const theme = read(localStorage, themeKey);
  return theme === "light" || theme === "dark" ? theme : undefined;
}

/** For all pages of this origin, until another one is chosen. */
export function keepTheme(theme: Theme): void {
  write(localStorage, themeKey, theme);
}

/** A browser that keeps nothing for pages throws. */
function read(storage: Storage, key: string): string | undefined {
  try {
    return storage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(storage: Storage, key: string, value: string | undefined): void {
  try {
    if (value === undefined) storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    // It lasts until the page is loaded again, and that is all.
  }
}
