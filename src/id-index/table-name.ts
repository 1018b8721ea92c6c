/** The names of tables: the first index of the segment, as in the segment's own name. */
const digits = 20;

export const tableName = (firstIndex: number): string =>
  `${String(firstIndex).padStart(digits, "0")}.ids`;

/** The first index in a table's name; `undefined` for other files. */
export function tableFirstIndex(name: string): number | undefined {
  if (!/^[0-9]{20}\.ids$/.test(name)) return undefined;
  const firstIndex = Number(name.slice(0, digits));
  return Number.isSafeInteger(firstIndex) ? firstIndex : undefined;
}
