/**
 * A set of ids by their first 52 bits: eight bytes each, open addressing, at most half full. Two
 * ids that share those bits are taken for one.
 */
const slotsFirst = 1_024;

export class PrefixSet {
  private slots = new Float64Array(slotsFirst);
  private count = 0;

  add(id: Uint8Array): void {
    if (this.count * 2 >= this.slots.length) this.grow();
    if (this.insert(prefixOf(id))) this.count += 1;
  }

  has(id: Uint8Array): boolean {
    const prefix = prefixOf(id);
    const mask = this.slots.length - 1;
    for (let slot = prefix % this.slots.length; ; slot = (slot + 1) & mask) {
      const held = this.slots[slot];
      if (held === prefix) return true;
      if (held === 0) return false;
    }
  }

  private insert(prefix: number): boolean {
    const mask = this.slots.length - 1;
    let slot = prefix % this.slots.length;
    while (this.slots[slot] !== 0) {
      if (this.slots[slot] === prefix) return false;
      slot = (slot + 1) & mask;
    }
    this.slots[slot] = prefix;
    return true;
  }

  private grow(): void {
    const before = this.slots;
    this.slots = new Float64Array(before.length * 2);
    for (const prefix of before) if (prefix !== 0) this.insert(prefix);
  }
}

/** Never 0, which stands for an empty slot. */
function prefixOf(id: Uint8Array): number {
  let prefix = 0;
  for (let i = 0; i < 6; i++) prefix = prefix * 256 + (id[i] ?? 0);
  return prefix * 16 + ((id[6] ?? 0) >> 4) + 1;
}
