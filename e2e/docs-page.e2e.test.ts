/** The documentation in a real browser. */
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

import { scratchFolder } from './support/once-per-run.js';
import { sharedSystem } from './support/shared-system.js';

let browser: Browser;
let baseUrl: string;

jest.setTimeout(300_000);

beforeAll(async () => {
  const { home } = await sharedSystem();
  baseUrl = home.baseUrl;
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM']!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});

afterAll(() => browser?.close());

it('/docs shows every operation, loads nothing from elsewhere, and the console stays clean', async () => {
  const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
  const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(baseUrl) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  await page.goto(`${baseUrl}/docs`);
  await page
    .locator('.opblock')
    .nth(operations.length - 1)
    .waitFor({ timeout: 30_000 });
  expect(await page.locator('.opblock').count()).toBe(operations.length);
  const paths = await page.locator('.opblock-summary-path').allInnerTexts();
  expect(paths.map((each) => each.replace(/\u200b/g, '').trim())).toEqual(
    expect.arrayContaining(['/api/v1/tables', '/api/v1/churn-lists', '/api/v1/scripts/current']),
  );

  const operation = page.locator('.opblock', { hasText: '/api/v1/churn-lists' }).first();
  await operation.locator('.opblock-summary').click();
  await operation.locator('.parameters').first().waitFor();
  expect(await operation.innerText()).toContain('minProbability');

  await page.screenshot({ path: path.join(scratchFolder(), 'docs.png') });
  expect(complaints).toEqual([]);
  expect(foreign).toEqual([]);
});

it.each(['en', 'zh-CN'])('/ leads to it, in %s', async (language) => {
  const page = await browser.newPage({ locale: language });
  await page.goto(baseUrl);
  expect(await page.locator('html').getAttribute('lang')).toBe(language);
  expect(await page.locator('nav a').getAttribute('hreflang')).toBe(language === 'en' ? 'zh-CN' : 'en');
  await page.screenshot({ path: path.join(scratchFolder(), `start-${language}.png`) });
  await page.getByRole('link', { name: '/docs' }).click();
  await page.locator('.opblock').first().waitFor({ timeout: 30_000 });
  expect(new URL(page.url()).pathname).toBe('/docs');
  await page.close();
});
