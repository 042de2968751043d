const MAX_IDS = 1_024;
const MAX_ID_CHARACTERS = 128;

/** The newest ids of one socket, bounded, so that a report that comes twice is counted once. */
export class RecentIds {
  private readonly ids = new Set<string>();

  has(id: string | null): boolean {
    return id !== null && this.ids.has(id.slice(0, MAX_ID_CHARACTERS));
  }

  add(id: string | null): void {
    if (id === null) return;
    this.ids.add(id.slice(0, MAX_ID_CHARACTERS));
    if (this.ids.size > MAX_IDS) this.ids.delete(this.ids.values().next().value!);
  }
}
