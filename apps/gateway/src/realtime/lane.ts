import { WebSocket } from 'ws';

/** More than this waiting for one side, and the other side is not read any further. */
const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = 256 * 1024;

/** One direction of a tunnel: what is read from one socket and written to the other, no faster than that takes it. */
export class Lane {
  private isFull = false;
  private isWaiting = false;

  constructor(
    private readonly from: WebSocket,
    private readonly to: WebSocket,
  ) {}

  send(data: Buffer, binary: boolean): void {
    if (!this.isOpen()) return;
    this.to.send(data, { binary }, this.sent);
    this.checkLevel();
  }

  ping(data: Buffer): void {
    if (!this.isOpen()) return;
    this.to.ping(data, undefined, this.sent);
    this.checkLevel();
  }

  pong(data: Buffer): void {
    if (!this.isOpen()) return;
    this.to.pong(data, undefined, this.sent);
    this.checkLevel();
  }

  isOpen(): boolean {
    return this.to.readyState === WebSocket.OPEN;
  }

  /** Stops reading while something has to be decided first. */
  wait(isWaiting: boolean): void {
    this.isWaiting = isWaiting;
    this.apply();
  }

  /** Nobody is left to write to: reads on, to the end. */
  release(): void {
    this.isFull = this.isWaiting = false;
    this.apply();
  }

  private readonly sent = (): void => {
    if (!this.isFull || (this.isOpen() && this.to.bufferedAmount > LOW_WATER_BYTES)) return;
    this.isFull = false;
    this.apply();
  };

  private checkLevel(): void {
    if (this.isFull || this.to.bufferedAmount <= HIGH_WATER_BYTES) return;
    this.isFull = true;
    this.apply();
  }

  private apply(): void {
    if (this.isFull || this.isWaiting) this.from.pause();
    else this.from.resume();
  }
}
