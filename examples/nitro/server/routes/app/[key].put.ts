/** `PUT /app/KEY`: kept for an hour. */
export default defineEventHandler(async (event) => {
  const key = getRouterParam(event, "key") ?? "";
  await useStorage("app").setItem(key, await readBody(event), { ttl: 3600 });
  return { stored: key };
});
