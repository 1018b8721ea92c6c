/** How explanations put numbers and moments: the same words everywhere. */

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** `412345` → `0.412`, `-1000000` → `-1`. */
export const share = (millionths: number): string => String(Math.round(millionths / 1_000) / 1_000);

/** `2026-03-01 12:00:05 UTC`; without a time of day where it is midnight. */
export function moment(ms: number): string {
  if (Math.abs(ms) > 8_640_000_000_000_000) return String(ms);
  const [date, time] = new Date(ms).toISOString().split("T") as [string, string];
  const clock = time.slice(0, 8);
  return clock === "00:00:00" ? date : `${date} ${clock} UTC`;
}

/** `210 days`, `5 hours`, `1 minute`. */
export function span(ms: number): string {
  if (ms >= dayMs) return counted(Math.round(ms / dayMs), "day");
  if (ms >= hourMs) return counted(Math.round(ms / hourMs), "hour");
  if (ms >= 60_000) return counted(Math.round(ms / 60_000), "minute");
  return counted(Math.round(ms / 1_000), "second");
}

export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;
