/** What a text is stored as when nobody says, or whoever says so says it of every text. */

/** `application/json` for JSON (RFC 8259), else plain text: those who read by the type then read what was written. */
export function textTypeOf(text: string): string {
  try {
    JSON.parse(text);
    return "application/json";
  } catch {
    return plainTextType;
  }
}

/** Text in UTF-8. */
export const plainTextType = "text/plain; charset=utf-8";
