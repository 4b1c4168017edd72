/** JSON that fits a header, where bytes beyond ASCII mean nothing that all agree on (RFC 9110, section 5.5). */

/** The same JSON, with each character that is not ASCII escaped. */
export function asciiJson(json: string): string {
  return json.replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
