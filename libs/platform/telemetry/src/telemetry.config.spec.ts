import { expect, test } from '@jest/globals';
import { readConfig } from '@llm-proxy/platform-config';
import { z } from 'zod';
import { operationsSettings, tracingSettings } from './telemetry.config.js';

const read = (env: NodeJS.ProcessEnv) => readConfig(z.object({ ...operationsSettings, ...tracingSettings }), env);

test('without settings nothing is measured and nothing is traced', () => {
  expect(read({})).toEqual({ OPS_HOST: '127.0.0.1', OTEL_EXPORTER_OTLP_HEADERS: {}, OTEL_TRACES_SAMPLER_ARG: 1 });
});

test('headers for the receiver are read as OpenTelemetry writes them', () => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20YQ==, x-tenant = a ,odd=100%',
  });
  expect(OTEL_EXPORTER_OTLP_ENDPOINT).toBe('http://collector:4318');
  expect(OTEL_EXPORTER_OTLP_HEADERS).toEqual({ authorization: 'Basic YQ==', 'x-tenant': 'a', odd: '100%' });
});

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization'],
  ['OTEL_TRACES_SAMPLER_ARG', '2'],
  ['OPS_PORT', '70000'],
])('%s=%s ends the start', (name, value) => {
  expect(() => read({ [name]: value })).toThrow(name);
});
