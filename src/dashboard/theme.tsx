/** Light and dark: as the system has it, until the reader says otherwise. */
import { useState } from "hono/jsx/dom";
import { Icon } from "./icon.tsx";
import { keepTheme, readTheme, type Theme } from "./session.ts";

/** Puts what the reader chose earlier on the page. */
export function applyTheme(): void {
  const theme = readTheme();
  if (theme) document.documentElement.dataset.theme = theme;
}

function themeNow(): Theme {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return readTheme() ?? (isDark ? "dark" : "light");
}

/** Goes to the other theme at once, and keeps it for the next visit. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(themeNow());
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      class="quiet icon-button"
      aria-label={`Switch to ${other} colours`}
      title={`Switch to ${other} colours`}
      onClick={() => {
        keepTheme(other);
        document.documentElement.dataset.theme = other;
        setTheme(other);
      }}
    >
      <Icon name={theme === "dark" ? "sun" : "moon"} />
    </button>
  );
}
