/** A place where what passes can be held back, and let go on, by a test. */
export class Gate {
  private held: (() => void)[] | undefined = undefined;
  private readonly watching = new Set<() => void>();

  /** Returns at once while nothing is held back, else when it is released. */
  async pass(): Promise<void> {
    const held = this.held;
    if (held === undefined) return;
    await new Promise<void>((resolve) => {
      held.push(resolve);
      for (const wake of this.watching) wake();
      this.watching.clear();
    });
  }

  /** From now on everything waits. */
  hold(): void {
    this.held ??= [];
  }

  /** How many wait. */
  get heldCount(): number {
    return this.held?.length ?? 0;
  }

  /** Returns when at least one waits. */
  async untilHeld(): Promise<void> {
    while (this.heldCount === 0) {
      await new Promise<void>((resolve) => this.watching.add(resolve));
    }
  }

  /** Lets all go on, and holds no more. */
  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const go of held) go();
  }

  /** Lets those go on that wait now, and holds the next ones. */
  step(): void {
    this.release();
    this.hold();
  }
}
