/** The few signs of the page, as lines of the text's colour. Words beside them say the same. */

const paths = {
  sun: "M12 4V2M12 22v-2M4 12H2M22 12h-2M6.3 6.3 4.9 4.9M19.1 19.1l-1.4-1.4M6.3 17.7l-1.4 1.4M19.1 4.9l-1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5",
  key: "M14.5 9.5 21 3M18 6l2.5 2.5M15.5 8.5 18 11M10.5 8a5.5 5.5 0 1 0 5.5 5.5A5.5 5.5 0 0 0 10.5 8",
  plus: "M12 5v14M5 12h14",
  search: "m20 20-4.5-4.5M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0",
  good: "m5 12.5 4.5 4.5L19 7.5",
  bad: "M6 6l12 12M18 6 6 18",
  warn: "M12 4 2.8 20h18.4zM12 10v4M12 17v.01",
  moving: "M4 12h15M13 6l6 6-6 6",
  out: "M14 4h6v6M20 4l-9 9M18 14v5H5V6h5",
} as const;

/** For the eye alone: who hears the page hears the words. */
export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
