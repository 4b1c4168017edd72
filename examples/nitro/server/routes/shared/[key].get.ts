/** `GET /shared/KEY`, by the `http` driver: the ring's keys by their whole names, `app:KEY` too. */
export default defineEventHandler((event) =>
  useStorage("shared").getItem(getRouterParam(event, "key") ?? ""),
);
