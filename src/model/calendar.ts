/** The proleptic Gregorian calendar: the year 0 is 1 BC. */

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeapYear = (year: number): boolean =>
  year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** How many days a month (1 to 12) of a year has. */
export const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeapYear(year) ? 29 : (monthDays[month - 1] ?? 0);

const dayMs = 86_400_000;

/** Days from 1970-01-01 to a day that exists. */
function daysSince1970(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is their last.
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leapDays + dayOfYear - 719_468;
}

const momentPattern =
  /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)$/;

export interface Moment {
  /** Whole milliseconds since 1970 UTC, rounded down. */
  readonly ms: number;
  /** Nanoseconds above them: 0 to 999,999. */
  readonly ns: number;
}

/** Reads RFC 3339, and years of six digits with a sign; `undefined` where it is none. */
export function parseMoment(text: string): Moment | undefined {
  const match = momentPattern.exec(text);
  if (match === null) return undefined;
  const [, years = "", months, days, hours, minutes, seconds, fraction = "", zone = "Z"] = match;
  const [year, month, day] = [Number(years), Number(months), Number(days)];
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
  if (day < 1 || day > daysInMonth(year, month) || years === "-000000") return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const [zoneHours, zoneMinutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))];
  if (zoneHours > 23 || zoneMinutes > 59) return undefined;
  const zoneMs = (zone.startsWith("-") ? -1 : 1) * (zoneHours * 60 + zoneMinutes) * 60_000;
  const nanoseconds = Number(fraction.padEnd(9, "0"));
  const inDay = ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(nanoseconds / 1_000_000);
  const ms = daysSince1970(year, month, day) * dayMs + inDay - zoneMs;
  return { ms, ns: nanoseconds % 1_000_000 };
}

/** RFC 3339 in UTC, with as many decimals as are needed; years beyond 9999 have six digits. */
export function formatMoment(moment: Moment): string {
  const text = new Date(moment.ms).toISOString();
  const [whole = "", milliseconds = ""] = text.slice(0, -1).split(".");
  const fraction = (milliseconds + String(moment.ns).padStart(6, "0")).replace(/0+$/, "");
  return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}
