import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Controller, Get, Header, Inject, Param, StreamableFile } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { storedObject } from '../http/answer.schema.js';
import { Answers, AnswersWith, Refuses } from '../http/answers.js';
import type { OpenApiDocument } from './openapi-document.js';

/** Injection token of the document. */
export const OPENAPI_DOCUMENT = Symbol('OPENAPI_DOCUMENT');

const UI_FOLDER = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Files of the interactive page; all come from here, none from elsewhere. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
};

const START = `window.onload = () => SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', deepLinking: true, persistAuthorization: false, validatorUrl: null });\n`;

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Accounts API</title>
<link rel="icon" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`;

@Controller()
export class OpenApiController {
  constructor(@Inject(OPENAPI_DOCUMENT) private readonly document: OpenApiDocument) {}

  @Get('openapi.json')
  @Answers(storedObject())
  get(): OpenApiDocument {
    return this.document;
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  @AnswersWith('text/html')
  page(): string {
    return PAGE;
  }

  @Get('docs/:asset')
  @Header('cache-control', 'public, max-age=3600')
  @Header('x-content-type-options', 'nosniff')
  @AnswersWith('*/*')
  @Refuses('not_found')
  async asset(@Param('asset') name: string): Promise<StreamableFile> {
    if (name === 'start.js') return new StreamableFile(Buffer.from(START), { type: 'text/javascript' });
    const type = Object.hasOwn(ASSETS, name) ? ASSETS[name]! : null;
    if (type === null) throw new AccountsError('not_found');
    return new StreamableFile(await readFile(path.join(UI_FOLDER, name)), { type });
  }
}
