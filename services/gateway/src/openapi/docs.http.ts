import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Controller } from '@nestjs/common';
import { failure } from '@holdfast/platform/errors';
import viewerFolder from 'swagger-ui-dist/absolute-path.js';
import { z } from 'zod';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { Answer, Operation, operationsOf, type HandlerInput } from '../operation/operation.js';
import { openApiDocument } from './document.js';

const operation = operationsOf('platform');

const readDocument = operation('GET /openapi.json', {
  summary: 'This interface as an OpenAPI 3.1 document',
  scope: 'open',
  response: z.looseObject({ openapi: z.literal('3.1.0') }),
  example: { response: { openapi: '3.1.0' } },
});

const readDocs = operation('GET /docs', {
  summary: 'This interface, to browse',
  scope: 'open',
  response: z.string(),
  formats: ['text/html'],
  example: { response: '<!doctype html>…' },
});

const readDocsAsset = operation('GET /docs/{file}', {
  summary: 'A part of the page at /docs',
  scope: 'open',
  raises: ['docs.assetUnknown'],
  params: z.strictObject({ file: z.string() }),
  response: z.string(),
  formats: ['text/css', 'text/javascript', 'image/png'],
  example: { params: { file: 'swagger-ui.css' }, response: '…' },
});

/** Files of the viewer that the page needs; nothing else of the package is served. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** A separate file, because the content security policy forbids inline scripts. */
const START_SCRIPT =
  "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, " +
  'tryItOutEnabled: true, validatorUrl: null });\n';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Holdfast API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const assetUnknown = failure('notFound', 'docs.assetUnknown', {
  en: 'There is no such file.',
  'zh-CN': '没有这个文件。',
});

/** The documentation: made from the operations themselves, with nothing loaded from elsewhere. */
@Controller()
export class DocsHttp {
  private document: string | undefined;

  constructor(private readonly lifecycle: Lifecycle) {}

  @Operation(readDocument)
  async openapi(): Promise<Answer> {
    this.document ??= JSON.stringify(openApiDocument(this.lifecycle.operations, '0.1.0'));
    return new Answer(this.document, { contentType: 'application/json' });
  }

  @Operation(readDocs)
  async page(): Promise<Answer> {
    return new Answer(PAGE, { contentType: 'text/html; charset=utf-8' });
  }

  @Operation(readDocsAsset)
  async asset({ params }: HandlerInput<typeof readDocsAsset>): Promise<Answer> {
    const headers = { 'cache-control': 'public, max-age=3600' };
    if (params.file === 'start.js')
      return new Answer(START_SCRIPT, { contentType: 'text/javascript; charset=utf-8', headers });
    const contentType = Object.hasOwn(ASSETS, params.file) ? ASSETS[params.file] : undefined;
    if (contentType === undefined) throw assetUnknown();
    return new Answer(await readFile(path.join(viewerFolder(), params.file)), { contentType, headers });
  }
}
