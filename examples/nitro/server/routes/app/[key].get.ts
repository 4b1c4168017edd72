/** `GET /app/KEY`, by ringwalk's driver. */
export default defineEventHandler((event) =>
  useStorage("app").getItem(getRouterParam(event, "key") ?? ""),
);
