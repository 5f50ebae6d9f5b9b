import { Controller } from '@nestjs/common';
import type { Language, Texts } from '@holdfast/platform/errors';
import { z } from 'zod';
import { Answer, Operation, operationsOf, type HandlerInput } from '../operation/operation.js';
import { requestContextOf } from '../operation/request-context.js';

const operation = operationsOf('platform');

const INDEX = {
  name: 'Holdfast',
  api: '/api/v1',
  documentation: '/docs',
  openapi: '/openapi.json',
  token: '/oauth/token',
  health: '/healthz',
  readiness: '/readyz',
} as const;

const Index = z.strictObject({
  name: z.string(),
  api: z.string().describe('Where the paths of all operations begin'),
  documentation: z.string(),
  openapi: z.string(),
  token: z
    .string()
    .describe('Of the development issuer; in production, tokens come from the issuer of the installation'),
  health: z.string(),
  readiness: z.string(),
});

const readStart = operation('GET /', {
  summary: 'Where everything is: a page for browsers, else JSON',
  scope: 'open',
  query: z.strictObject({
    lang: z.enum(['zh-CN', 'en']).optional().describe('Of the page; wins over Accept-Language'),
  }),
  response: Index,
  formats: ['application/json', 'text/html'],
  example: { response: INDEX },
});

/** The page that a browser gets at the address of the gateway. */
@Controller()
export class StartHttp {
  @Operation(readStart)
  async read({ query: { lang }, request }: HandlerInput<typeof readStart>): Promise<Answer> {
    const headers = { vary: 'Accept, Accept-Language' };
    const isBrowser = request.headers.accept?.includes('text/html') ?? false;
    if (!isBrowser) return new Answer(INDEX, { headers });
    const language = lang ?? requestContextOf(request).language;
    const contentType = 'text/html; charset=utf-8';
    return new Answer(page(language), { contentType, headers: { ...headers, 'content-language': language } });
  }
}

const WORDS = {
  lead: {
    en: 'Retention backend for telecom operators: profiles, churn scores, recommendations, campaigns and their effect.',
    'zh-CN': '电信运营商客户维系后台：客户视图、流失评分、套餐推荐、营销活动及其效果。',
  },
  docs: { en: 'All operations, with examples to try', 'zh-CN': '全部接口，附可直接调用的示例' },
  openapi: {
    en: 'The same as an OpenAPI 3.1 document, for generators of clients',
    'zh-CN': 'OpenAPI 3.1 文档，可用于生成客户端',
  },
  readiness: { en: 'Whether every part of the system works', 'zh-CN': '系统各部分是否正常' },
  token: {
    en: 'Every operation below /api/v1 needs an access token. A development system issues it:',
    'zh-CN': '/api/v1 下的接口均需访问令牌。开发环境由系统签发：',
  },
  secret: {
    en: 'npm start prints commands with a token, ready to paste.',
    'zh-CN': 'npm start 会打印带令牌、可直接粘贴的命令。',
  },
} satisfies Record<string, Texts>;

const TOKEN_COMMAND = `curl -d grant_type=client_credentials -d client_id=console -d client_secret=… http://HOST:8080${INDEX.token}`;

const STYLE = `
body { font: 16px/1.6 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem;
  color: #1d2733; background: #fff; }
nav { float: right; } dt { margin-top: 1rem; } dd { margin: 0; } a { color: #0a58ca; }
pre { background: #f3f5f7; padding: .8rem; overflow-x: auto; }`;

function page(language: Language): string {
  const linkOf = (path: string, words: Texts): string =>
    `<dt><a href="${path}">${path}</a></dt><dd>${words[language]}</dd>`;
  const other = language === 'en' ? 'zh-CN' : 'en';
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<style>${STYLE}</style>
</head>
<body>
<nav><a href="/?lang=${other}" hreflang="${other}">${other === 'en' ? 'English' : '中文'}</a></nav>
<h1>Holdfast</h1>
<p>${WORDS.lead[language]}</p>
<dl>
${linkOf(INDEX.documentation, WORDS.docs)}
${linkOf(INDEX.openapi, WORDS.openapi)}
${linkOf(INDEX.readiness, WORDS.readiness)}
</dl>
<p>${WORDS.token[language]}</p>
<pre>${TOKEN_COMMAND}</pre>
<p>${WORDS.secret[language]}</p>
</body>
</html>
`;
}
