import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';

/** Time for a client to send its request head, and its whole request. Bodies are up to 64 MiB, over slow lines. */
const HEADERS_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 300_000;
/** Longer than the idle timeout of the usual load balancers, so that it is never this side that closes under a request. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** Takes the WebSocket handshakes it wants; every other request that offers an upgrade is answered as if it did not. */
export interface UpgradeHandler {
  wants(request: IncomingMessage): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Nest's Express adapter on a server that asks the relay first: LLM calls never enter Express or Nest. */
export class RelayHttpAdapter extends ExpressAdapter {
  constructor(
    private readonly relay: (request: IncomingMessage, response: ServerResponse) => boolean,
    private readonly upgrades: UpgradeHandler,
  ) {
    super();
  }

  override initHttpServer(_options: NestApplicationOptions): void {
    const express = this.getInstance<(request: IncomingMessage, response: ServerResponse) => void>();
    this.httpServer = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        noDelay: true,
        shouldUpgradeCallback: (request) => this.upgrades.wants(request),
      },
      (request, response) => {
        if (!this.relay(request, response)) express(request, response);
      },
    );
    this.httpServer.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.upgrades.upgrade(request, socket, head));
  }
}
