import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface WireAttribute {
  key: string;
  value: { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean };
}

interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: WireAttribute[];
}

export interface ReceivedSpan extends Omit<WireSpan, 'attributes'> {
  attributes: Record<string, string | number | boolean | undefined>;
}

export interface SpanReceiver {
  url: string;
  /** In the order they came. */
  spans: readonly ReceivedSpan[];
  /** Everything that came, as text. */
  text(): string;
  close(): Promise<void>;
}

/** Takes traces as an OTLP/HTTP receiver does, in JSON. */
export const startSpanReceiver = async (): Promise<SpanReceiver> => {
  const spans: ReceivedSpan[] = [];
  const texts: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      texts.push(JSON.stringify(request.headers), text);
      if (request.url === '/v1/traces') spans.push(...spansIn(text));
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => texts.join('\n'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const spansIn = (text: string): ReceivedSpan[] => {
  const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: WireSpan[] }[] }[] };
  const wire = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  return wire.map((span) => ({ ...span, attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, plain(value)])) }));
};

const plain = ({ stringValue, intValue, doubleValue, boolValue }: WireAttribute['value']) => stringValue ?? (intValue === undefined ? undefined : Number(intValue)) ?? doubleValue ?? boolValue;
