/** What has happened since the page was opened, the newest first; read aloud as it comes. */
import type { News } from "./feed.ts";
import { formatTime } from "./format.ts";

/** Shows the news in the order in which they are given. */
export function NewsList({ news }: { news: readonly News[] }) {
  return (
    <section class="card news" aria-labelledby="news-title">
      <h2 id="news-title">Activity</h2>
      {news.length === 0 && (
        <p class="faint">
          Joins, leaves and nodes that go down will show here as they happen.
        </p>
      )}
      <div role="log" aria-live="polite" aria-label="Activity">
        <ol>
          {news.map(({ id, at, text }) => (
            <li key={id}>
              <time class="faint">{formatTime(at)}</time> {text}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
