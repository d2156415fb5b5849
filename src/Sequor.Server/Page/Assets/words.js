// Numbers and times as people read them. Times are seconds since 1970, shown in UTC.

export const minute = 60, hour = 3600, day = 86400, week = 7 * day, month = 30 * day, year = 365 * day;

const units = [[year, "year"], [month, "month"], [week, "week"], [day, "day"], [hour, "hour"], [minute, "minute"], [1, "second"]];

/** 90061 → "1 day". */
export function span(seconds) {
  for (const [unit, name] of units) {
    if (seconds < unit) continue;
    const count = Math.floor(seconds / unit);
    return count === 1 ? `1 ${name}` : `${count} ${name}s`;
  }
  return "no time";
}

const dates = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const moments = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

export const date = seconds => dates.format(seconds * 1000);
export const moment = seconds => moments.format(seconds * 1000);
export const isoDate = seconds => new Date(seconds * 1000).toISOString().slice(0, 10);

const counts = new Intl.NumberFormat("en");
export const count = value => counts.format(value);
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
export const percent = share => share < 0.0995 ? `${(share * 100).toFixed(1)} %` : `${Math.round(share * 100)} %`;
export const signed = value => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
export const milliseconds = value => value < 10 ? value.toFixed(1) : String(Math.round(value));

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
